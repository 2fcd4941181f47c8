"""What each of GitHub's plans can do, by its documentation: what is missing there is told before anything is sent."""

from dataclasses import dataclass
from typing import Final, Literal

Plan = Literal["free", "pro", "team", "enterprise"]
Visibility = Literal["public", "private", "internal"]
Feature = Literal["environments", "branch_policy", "reviewers", "wait_timer", "rulesets", "secret_scanning", "internal"]

_PAID: Final = frozenset[Plan]({"pro", "team", "enterprise"})
_ENTERPRISE: Final = frozenset[Plan]({"enterprise"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A feature of a repository; public repositories have each but the last on every plan."""

    title: str
    """In the middle of a sentence, in the plural."""
    plans: frozenset[Plan]
    """Plans on which repositories that are not public have it."""
    public: bool = True


# https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments
# https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets
# https://docs.github.com/en/get-started/learning-about-github/githubs-plans
OFFERS: Final[dict[Feature, Offer]] = {
    "environments": Offer(title="environments with secrets", plans=_PAID),
    "branch_policy": Offer(title="branch and tag policies of environments", plans=_PAID),
    "reviewers": Offer(title="required reviewers", plans=_ENTERPRISE),
    "wait_timer": Offer(title="wait timers", plans=_ENTERPRISE),
    "rulesets": Offer(title="rulesets", plans=_PAID),
    "secret_scanning": Offer(title="secret scanning and push protection", plans=frozenset({"team", "enterprise"})),
    "internal": Offer(title="internal repositories", plans=_ENTERPRISE, public=False),
}


def offers(feature: Feature, plan: Plan, visibility: Visibility) -> bool:
    """Tell whether a repository has a feature."""
    offer = OFFERS[feature]
    return (visibility == "public" and offer.public) or plan in offer.plans


def lacking(feature: Feature, plan: Plan, visibility: Visibility) -> str:
    """Return the sentence for a feature that a repository has not."""
    offer = OFFERS[feature]
    where = " or ".join(f"`plan: {name}`" for name in ("pro", "team", "enterprise") if name in offer.plans)
    other = ", or a public repository" if offer.public and visibility != "public" else ""
    return f"GitHub has no {offer.title} for {visibility} repositories with `plan: {plan}`: that takes {where}{other}"
