"""Keys of deployments: derived, so that they stay the same until their number changes."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from infra.config.public_keys import strong
from infra.github.keys import derived_key

SEED = "s" * 64


@pytest.mark.parametrize("comment", ["dev-shop-dev", "production-a-very-long-name-of-a-repository-production", "x"])
def test_the_private_key_is_one_that_openssh_reads_and_belongs_to_the_public_one(comment: str) -> None:
    pair = derived_key(SEED, comment, 1)
    key = load_ssh_private_key(pair.private.encode(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert pair.public == f"{public} {comment}"
    assert strong(pair.public) == pair.public
    assert pair.private.endswith("-----END OPENSSH PRIVATE KEY-----\n")


def test_a_key_stays_the_same_until_its_number_changes() -> None:
    assert derived_key(SEED, "a", 1) == derived_key(SEED, "a", 1)
    keys = {
        derived_key(*each).public.split()[1] for each in ((SEED, "a", 1), (SEED, "a", 2), (SEED, "b", 1), ("t", "a", 1))
    }
    assert len(keys) == 4
