"""What a product keeps on its server, and what its services read there."""

from infra.compose.mount import Mount
from infra.compose.project import ConfigFile, Network, Project, Service, Volume
from infra.services import Origin
from tests.harness import Registered, one
from tests.unit.services.test_container import service
from tests.unit.services.test_product import DATABASE, container, shop

DATA = Mount(kind="volume", source="data", target="/var/lib/postgresql/data")
POSTGRES = service(name="db", image="postgres:17", mounts=(DATA,), expose=())


def shop_with(each: Service, volume: Volume) -> list[Registered]:
    """Render a product of one service and one volume."""
    networks = {"default": Network(name="default")}
    project = Project(services={each.name: each}, networks=networks, volumes={volume.name: volume})
    return shop(each, project=project, ingress=[])


def test_a_disposable_volume_goes_with_its_product() -> None:
    volume = one(shop(DATABASE, disposable=["data"]), ":Volume")
    assert (volume.protect, volume.retain_on_delete) == (False, False)


def test_a_share_of_another_server_is_mounted_by_its_volume() -> None:
    options = {"type": "nfs", "o": "addr=192.0.2.9", "device": ":/x"}
    volume = one(shop_with(DATABASE, Volume(name="data", options=options)), ":Volume")
    assert volume.inputs["driverOpts"] == options


def test_a_database_waits_for_the_guard_before_its_data() -> None:
    registered = shop(POSTGRES, ingress=[])
    guard = one(registered, ":PostgresData")
    assert (guard.inputs["volume"], guard.inputs["major"]) == ("dev-shop-data", "17")
    assert guard.name in container(registered, "shop-db").dependencies


def test_a_database_in_a_folder_of_the_server_has_the_guard_too() -> None:
    mount = Mount(kind="bind", source="/srv/dev-shop/db/", target="/var/lib/postgresql/data")
    registered = shop(service(name="db", image="postgres:17", mounts=(mount,), expose=()), ingress=[])
    guard = one(registered, ":PostgresData")
    assert guard.inputs["volume"] == "/srv/dev-shop/db"
    assert "shop-folder-db" in guard.dependencies, "it looks once the folder is there"


def test_the_release_says_which_postgres_runs() -> None:
    assert one(shop(POSTGRES, ingress=[], origins={"db": Origin(tag="16.4")}), ":PostgresData").inputs["major"] == "16"


def test_a_service_without_postgres_has_no_guard() -> None:
    assert not [each for each in shop(DATABASE) if each.type.endswith(":PostgresData")]


def test_a_missing_folder_is_made_once_and_then_belongs_to_the_image() -> None:
    mount = Mount(kind="bind", source="/srv/dev-shop/files", target="/files")
    registered = shop(service(mounts=(mount,), user="1000"), service(name="other", mounts=(mount,), user="1000"))
    folder = one(registered, ":Directory", "shop-folder-files")
    assert (folder.inputs["path"], folder.inputs["owner"]) == ("/srv/dev-shop/files", "1000")
    assert set(folder.ignore_changes) == {"owner", "group", "mode"}
    assert folder.name in container(registered, "shop-web").dependencies


def test_a_folder_that_has_to_be_there_is_not_made() -> None:
    mount = Mount(kind="bind", source="/srv/dev-shop/files", target="/files", made=False)
    assert not [each for each in shop(service(mounts=(mount,))) if each.name == "shop-folder-files"]


def config(text: str) -> tuple[str, str]:
    """Return where a text lies on the server, and the name of the container that reads it."""
    registered = shop(service(configs=(ConfigFile(name="page", path="/page", content=text, mode="0440"),)))
    file = next(each for each in registered if each.name.startswith("shop-web-config-page-"))
    web = container(registered, "shop-web")
    mount = web.inputs["mounts"][0]
    assert (file.inputs["content"], file.inputs["mode"]) == (text, "0440")
    assert (mount["source"], mount["target"], mount["readOnly"]) == (file.inputs["path"], "/page", True)
    assert file.name in web.dependencies
    return file.inputs["path"], web.inputs["name"]


def test_a_changed_text_is_another_file_and_another_release() -> None:
    before, after = config("one"), config("two")
    assert before[0] != after[0], "a former release that is started again must find its own text"
    assert before[1] != after[1]
