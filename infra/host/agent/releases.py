"""Which images the releases of a service used, the newest first: what a rollback may need must not be removed."""

from infra.host.agent import files, places

_MODE = 0o644


def note(service: str, image: str) -> None:
    """Put an image first in the record of a service.

    Args:
        service: `<stack>-<product>/<service>`.
        image: the image by digest.
    """
    # The timer that removes old images is one of those who are kept out meanwhile.
    with files.alone(places.RELEASES):
        images = noted(service)
        if images[:1] != [image]:
            lines = "".join(f"{each}\n" for each in [image, *(other for other in images if other != image)])
            files.write(places.RELEASES / service, lines.encode(), mode=_MODE)


def noted(service: str) -> list[str]:
    """Return the images in the record of a service, the newest first."""
    try:
        return (places.RELEASES / service).read_text().split()
    except FileNotFoundError:
        return []
