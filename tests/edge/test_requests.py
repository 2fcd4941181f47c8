"""What a visitor gets, refusals included."""

import asyncio
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import bcrypt
import httpx
import pytest

from infra.edge import shared
from infra.host.agent import baking, places
from infra.ingress.headers import SECURITY_HEADERS, TRANSPORT_SECURITY
from infra.ingress.rules import Cors, PublicRule, RateLimit, Redirect, Stream
from tests.edge.backend import Backend
from tests.edge.traefik import PATIENCE_SECONDS, PREFIX, PROXY, Traefik

HEADERS = {**SECURITY_HEADERS, **TRANSPORT_SECURITY}
BURST = 20


def rule(service: Backend, host: str, **changes: Any) -> PublicRule:
    """Return a public rule that needs no certificate authority."""
    return PublicRule(**{"host": f"{host}.lab.test", "port": service.port, "own_certificate": True, **changes})


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Return a port on which nobody listens, and that nobody else gets meanwhile."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


def refused(ask: Callable[[int], httpx.Response]) -> httpx.Response:
    """Ask, by the number of the request, until a limit refuses: one that is asked slowly lets more through."""
    return next(answer for answer in map(ask, range(10 * BURST)) if answer.status_code != 200)


def assert_all_headers(answer: httpx.Response) -> None:
    missing = {name: value for name, value in HEADERS.items() if answer.headers.get(name) != value}
    assert not missing, f"status {answer.status_code}"
    assert "X-Powered-By" not in answer.headers
    assert "Server" not in answer.headers


def test_every_answer_has_all_headers_whoever_gives_it(edge: Traefik, service: Backend, closed_port: int) -> None:
    edge.serve(
        rule(service, "headers", path="/shop"),
        rule(service, "headers", path="/few", rate_limit=RateLimit(average=1, burst=1)),
        name="headers",
    )
    edge.serve(rule(service, "headers", path="/gone", port=closed_port), name="gone", ports=(), aliases=())
    url = "https://headers.lab.test"
    answers = {200: edge.ask(f"{url}/shop"), 404: edge.ask(f"{url}/nothing"), 502: edge.ask(f"{url}/gone")}
    answers[429] = refused(lambda _: edge.ask(f"{url}/few"))
    for status, answer in answers.items():
        assert answer.status_code == status
        assert_all_headers(answer)


def test_the_edge_counts_the_answers_of_each_route_for_the_server_itself(
    edge: Traefik, service: Backend, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "EDGE_ANSWER_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(places, "EDGE_CONFIRM_PORT", edge.ports["confirm"])
    edge.serve(rule(service, "counted"), rule(service, "counted", path="/gone", port=closed_port), name="counted")
    former = baking.answers("127.0.0.1", f"{PREFIX}-counted")
    for path, times in (("", 3), ("/gone", 2)):
        for _ in range(times):
            edge.ask(f"https://counted.lab.test{path}")
    # A request is counted once it is answered: the answer may be here before.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (counted := baking.answers("127.0.0.1", f"{PREFIX}-counted").since(former)).total < 5:
        assert time.monotonic() < deadline, counted
        time.sleep(0.05)
    assert counted == (5, 2)
    stranger = httpx.HTTPTransport(local_address="127.0.0.3")
    with httpx.Client(transport=stranger, timeout=PATIENCE_SECONDS) as client:
        url = f"http://127.0.0.1:{edge.ports['confirm']}/metrics"
        assert client.get(url, headers={"Host": places.EDGE_METRICS_HOST}).status_code == 404


def test_a_header_that_is_left_to_the_service_is_the_services(edge: Traefik, service: Backend) -> None:
    edge.serve(rule(service, "policy", headers={"content-security-policy": None}), name="policy")
    assert edge.ask("https://policy.lab.test/").headers["Content-Security-Policy"] == "default-src 'self'"


def test_a_rate_limit_is_exact_to_its_burst(edge: Traefik, service: Backend) -> None:
    edge.serve(rule(service, "limit", rate_limit=RateLimit(average=1, burst=BURST)), name="limit")
    statuses, seconds = asyncio.run(at_once(edge, "limit.lab.test", count=10 * BURST))
    assert set(statuses) == {200, 429}
    # A machine that stands still between two requests has the limit filled up meanwhile, by one a second.
    assert BURST - 1 <= statuses[200] <= BURST + 1 + seconds, (statuses, seconds)


def test_a_client_behind_a_trusted_proxy_has_a_limit_of_its_own(edge: Traefik, service: Backend) -> None:
    edge.serve(rule(service, "proxied", rate_limit=RateLimit(average=1, burst=1)), name="proxied")

    def ask(client: str, **source: str) -> httpx.Response:
        return edge.ask("https://proxied.lab.test/", headers={"X-Forwarded-For": client}, **source)

    assert ask("198.51.100.1", source=PROXY).status_code == 200
    assert refused(lambda _: ask("198.51.100.1", source=PROXY)).status_code == 429
    assert ask("198.51.100.2", source=PROXY).status_code == 200
    # Who is no proxy does not choose its own limit.
    assert refused(lambda number: ask(f"192.0.2.{number}")).status_code == 429


@pytest.mark.parametrize(("client", "status"), [("203.0.113.9", 200), ("198.51.100.9", 403)])
def test_only_allowed_networks_get_an_answer(edge: Traefik, service: Backend, client: str, status: int) -> None:
    edge.serve(rule(service, "allowed", allow=("203.0.113.0/24",)), name="allowed")
    answer = edge.ask("https://allowed.lab.test/", headers={"X-Forwarded-For": client}, source=PROXY)
    assert answer.status_code == status
    assert_all_headers(answer)


def test_who_does_not_sign_in_gets_nothing_and_the_service_never_sees_the_password(
    edge: Traefik, service: Backend
) -> None:
    hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(rounds=4)).decode()
    edge.write(f"{PREFIX}.login.yaml", shared.login(PREFIX, user="staff", password_hash=hashed))
    edge.serve(rule(service, "private", login=True), name="private")
    url = "https://private.lab.test/"
    refused = [edge.ask(url), edge.ask(url, headers=basic("staff", "wrong"))]
    assert [answer.status_code for answer in refused] == [401, 401]
    for answer in refused:
        assert_all_headers(answer)
    let_in = edge.ask(url, headers=basic("staff", "right"))
    assert let_in.status_code == 200
    assert "Authorization" not in let_in.json()["headers"]


@pytest.mark.parametrize(("size", "status"), [(1024 * 1024, 200), (1024 * 1024 + 1, 413)])
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_a_body_may_be_as_long_as_the_limit(
    edge: Traefik, service: Backend, size: int, status: int, *, announced: bool
) -> None:
    edge.serve(rule(service, "bodies", body_limit=1), name="bodies")
    body = bytes(size) if announced else [bytes(size)]
    answer = edge.ask("https://bodies.lab.test/", method="POST", content=body)
    assert answer.status_code == status
    assert_all_headers(answer)
    if status == 200:
        assert answer.json()["length"] == size


def test_a_body_limit_holds_back_no_answer_to_a_body_of_known_length(edge: Traefik, service: Backend) -> None:
    edge.serve(rule(service, "streams", body_limit=1), name="streams")
    with edge.client() as client:
        request = edge.request(client, "https://streams.lab.test/events", method="POST", content=b"question")
        answer = client.send(request, stream=True)
        events = answer.iter_raw()
        # The second one comes only when it is asked for: an answer that is held back would never begin.
        assert next(events) == b"data: 1\n\n"
        service.next_event.set()
        assert b"".join(events) == b"data: 2\n\n"


def test_pages_of_listed_sites_may_call_and_others_may_not(edge: Traefik, service: Backend) -> None:
    cors = Cors(origins=("https://www.example.com",), methods=("GET", "POST"), headers=("X-Token",))
    edge.serve(rule(service, "cors", cors=cors), name="cors")

    def allowed(origin: str, method: str = "GET") -> str | None:
        asked = {"Access-Control-Request-Method": "POST"} if method == "OPTIONS" else {}
        answer = edge.ask("https://cors.lab.test/", method=method, headers={"Origin": origin, **asked})
        found: str | None = answer.headers.get("Access-Control-Allow-Origin")
        return found

    for method in ("GET", "OPTIONS"):
        assert allowed("https://www.example.com", method) == "https://www.example.com"
        assert allowed("https://evil.example.com", method) is None


def test_an_address_that_moved_says_where_to(edge: Traefik, service: Backend) -> None:
    moved = Redirect(
        host="www.lab.test", path="/old", to="https://new.lab.test/now", permanent=True, own_certificate=True
    )
    edge.write(f"{PREFIX}.product.yaml", shared.product(PREFIX, redirects=[moved], page=None))
    edge.serve(rule(service, "new"), name="new")
    answer = edge.ask("https://www.lab.test/old/page?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://new.lab.test/now/page?x=1")
    assert_all_headers(answer)
    assert edge.ask("https://www.lab.test/older").status_code == 404


def test_a_path_is_answered_with_what_is_under_it_and_not_with_what_begins_alike(
    edge: Traefik, service: Backend
) -> None:
    edge.serve(rule(service, "paths", path="/api"), name="paths")
    statuses = {path: edge.ask(f"https://paths.lab.test{path}").status_code for path in ("/api", "/api/a", "/apidocs")}
    assert statuses == {"/api": 200, "/api/a": 200, "/apidocs": 404}


def test_the_longest_path_wins_over_a_shorter_one_with_limits(edge: Traefik, service: Backend) -> None:
    limited = rule(service, "longest", body_limit=1, allow=("192.0.2.0/24",))
    edge.serve(limited, rule(service, "longest", path="/a"), name="longest")
    lengths: tuple[dict[str, Any], ...] = ({"content": iter([b"x"])}, {"content": b"x" * 2**21})
    for request in lengths:
        assert edge.ask("https://longest.lab.test/a", method="POST", **request).status_code == 200


@pytest.mark.parametrize(("asked", "given"), [("br", "br"), ("gzip", "gzip"), ("identity", None)])
def test_answers_are_compressed_for_who_takes_that(
    edge: Traefik, service: Backend, asked: str, given: str | None
) -> None:
    edge.serve(rule(service, "compressed"), name="compressed")
    with edge.client() as client:
        request = edge.request(client, "https://compressed.lab.test/", headers={"Accept-Encoding": asked})
        answer = client.send(request, stream=True)
        assert answer.headers.get("Content-Encoding") == given


def test_a_service_that_does_not_answer_in_time_is_given_up(edge: Traefik, service: Backend) -> None:
    edge.serve(rule(service, "slow", timeout=1), name="slow")
    answer = edge.ask("https://slow.lab.test/slow")
    assert answer.status_code == 504
    assert_all_headers(answer)


def test_braces_of_a_page_and_of_a_header_reach_the_visitor(edge: Traefik, service: Backend) -> None:
    page = "<h1>{{ title }}</h1><p>'{{' and \"{{\": {{`\n\t{{{ # {{- back at noon -}}</p>"
    edge.write("dev-braces.product.yaml", shared.product("dev-braces", redirects=[], page=page))
    shown = rule(service, "braces", path="/closed", headers={"X-Shop": "{{ a }}: \"{{'"})
    edge.serve(shown, name="braces", product="dev-braces", maintenance=True)
    closed = edge.ask("https://braces.lab.test/closed")
    assert (closed.status_code, closed.text) == (503, page)
    assert closed.headers["X-Shop"] == shown.headers["X-Shop"]


def test_a_product_in_maintenance_shows_its_page_and_is_confirmed_all_the_same(edge: Traefik, service: Backend) -> None:
    edge.write(f"{PREFIX}.product.yaml", shared.product(PREFIX, redirects=[], page="<h1>back at noon</h1>"))
    edge.serve(rule(service, "closed"), name="closed", maintenance=True)
    answer = edge.ask("https://closed.lab.test/")
    assert (answer.status_code, answer.text) == (503, "<h1>back at noon</h1>")
    assert answer.headers["Retry-After"] == str(shared.RETRY_SECONDS)
    assert_all_headers(answer)


def test_the_service_and_the_log_get_the_same_id_and_the_clients_address(edge: Traefik, service: Backend) -> None:
    edge.serve(rule(service, "known"), name="known")
    headers = {"X-Forwarded-For": "198.51.100.7", "Cookie": "session=canary"}
    told = edge.ask("https://known.lab.test/id?token=canary", headers=headers).json()["headers"]
    assert told["X-Real-Ip"] == "127.0.0.1", "a stranger said who it is and was believed"
    line = edge.logged("/id")
    assert line["TraceId"] == told["Traceparent"].split("-")[1]
    assert line["ClientHost"] == "127.0.0.1"
    assert "canary" not in str(line), "the log holds what only the service may know"
    proxied = edge.ask("https://known.lab.test/", headers=headers, source=PROXY).json()["headers"]
    assert proxied["X-Forwarded-For"].startswith("198.51.100.7")


def test_a_port_without_a_host_is_plain_http(edge: Traefik, service: Backend) -> None:
    edge.serve(PublicRule(listen=8080, port=service.port, path="/tool"), name="tool")
    answer = edge.ask("http://anything.example.com/tool")
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    missing = edge.ask("http://anything.example.com/")
    assert (missing.status_code, missing.headers["X-Content-Type-Options"]) == (404, "nosniff")


def test_bytes_and_datagrams_of_a_declared_port_reach_the_service_as_they_are(edge: Traefik) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        streams = (
            Stream(listen=5432, protocol="tcp", port=tcp.getsockname()[1]),
            Stream(listen=5353, protocol="udp", port=udp.getsockname()[1]),
        )
        edge.serve(name="raw", streams=streams)
        for listener in (tcp, udp):
            listener.settimeout(PATIENCE_SECONDS)
        with socket.create_connection(("127.0.0.1", edge.ports["tcp-5432"]), PATIENCE_SECONDS) as client:
            client.sendall(b"\0raw")
            with tcp.accept()[0] as served:
                assert served.recv(4) == b"\0raw"
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.sendto(b"datagram", ("127.0.0.1", edge.ports["udp-5353"]))
            assert udp.recv(8) == b"datagram"


def test_a_name_that_is_not_served_gets_no_certificate(edge: Traefik, service: Backend) -> None:
    edge.serve(rule(service, "served"), name="served")
    assert handshake(edge, "served.lab.test") == "TLSv1.3"
    with pytest.raises(ssl.SSLError):
        handshake(edge, "other.example.com")


@pytest.mark.parametrize(
    ("ciphers", "spoken"), [("ECDHE-ECDSA-AES128-GCM-SHA256", True), ("ECDHE-ECDSA-AES128-SHA", False)]
)
def test_tls_1_2_has_mozillas_ciphers_and_no_others(
    edge: Traefik, service: Backend, ciphers: str, *, spoken: bool
) -> None:
    edge.serve(rule(service, "ciphers"), name="ciphers")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers(ciphers)
    if spoken:
        assert handshake(edge, "ciphers.lab.test", tls) == "TLSv1.2"
    else:
        with pytest.raises(ssl.SSLError):
            handshake(edge, "ciphers.lab.test", tls)


def handshake(edge: Traefik, host: str, tls: ssl.SSLContext | None = None) -> str | None:
    """Return the version of TLS that is agreed on."""
    with (
        socket.create_connection(("127.0.0.1", edge.ports["websecure"]), PATIENCE_SECONDS) as plain,
        (tls or edge.tls).wrap_socket(plain, server_hostname=host) as secure,
    ):
        return secure.version()


async def at_once(edge: Traefik, host: str, *, count: int) -> tuple[Counter[int], float]:
    """Send requests in one moment, over connections that are open; return how many got each status, and the seconds."""
    address = ("127.0.0.1", edge.ports["websecure"])
    opened = [await asyncio.open_connection(*address, ssl=edge.tls, server_hostname=host) for _ in range(count)]
    began = time.monotonic()
    for _, writer in opened:
        writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    heads = await asyncio.gather(*(reader.readuntil(b"\r\n") for reader, _ in opened))
    seconds = time.monotonic() - began
    for _, writer in opened:
        writer.transport.abort()
        await writer.wait_closed()
    return Counter(int(head.split()[1]) for head in heads), seconds


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header by which a browser signs in."""
    request = next(httpx.BasicAuth(user, password).auth_flow(httpx.Request("GET", "https://a.test")))
    return {"Authorization": request.headers["Authorization"]}
