"""Rules on repositories: what none of their keys can know alone, and what the plan cannot do."""

from collections import Counter
from collections.abc import Iterator, Mapping

from infra.config.github_plans import Feature, Plan, Visibility, lacking, offers
from infra.config.mistakes import Finding, Step, did_you_mean
from infra.config.repositories import Environment, Repository, RepositorySecret, Variable
from infra.config.repository_deploys import deployed_product, secret_names, variable_names
from infra.config.repository_owners import Owned
from infra.config.sections import Sections
from infra.config.stack_file import SECRET_PREFIX

Place = tuple[Step, ...]
_OF_GUESTS = frozenset({"owner", "name", "owned_by", "default_branch", "environments"})
"""What a stack may say of a repository that another one has."""
_MOST_SECRETS = 100
"""Of an environment, and of a repository: GitHub's limit."""


def broken_repository_rules(sections: Sections, owners: Mapping[str, Owned]) -> Iterator[Finding]:
    """Yield every broken rule of the repositories of a stack."""
    token = sections.github.token
    if token is not None and token.config is not None:
        yield from _is_set(sections, ("github", "token", "config"), token.config)
    paths = Counter(path_of(name, repository).lower() for name, repository in sections.repositories.items())
    for name, repository in sections.repositories.items():
        at = ("repositories", name)
        if paths[path_of(name, repository).lower()] > 1:
            yield Finding(at, f"{path_of(name, repository)} is here twice: write both as one")
        yield from _Judge(sections, at, name, repository, owners.get(name)).findings()


def path_of(name: str, repository: Repository) -> str:
    """Return a repository with its owner, as GitHub writes it."""
    return f"{repository.owner}/{repository.name or name}"


class _Judge:
    """Judges one repository."""

    def __init__(self, sections: Sections, at: Place, name: str, repository: Repository, owned: Owned | None) -> None:
        self._sections = sections
        self._at = at
        self._name = name
        self._repository = repository
        self._owned = owned
        known = owned.repository if owned else repository
        self._plan: Plan | None = known.plan if known else None
        self._visibility: Visibility | None = known.visibility if known else None

    def findings(self) -> Iterator[Finding]:
        yield from self._guest() if self._owned else self._own()
        yield from self._given((), self._repository.secrets, self._repository.variables)
        for name, environment in self._repository.environments.items():
            yield from self._environment(("environments", name), environment)
        if self._plan and self._visibility and not offers("environments", self._plan, self._visibility):
            yield from self._united()

    def _find(self, place: Place, sentence: str) -> Finding:
        return Finding((*self._at, *place), sentence)

    def _guest(self) -> Iterator[Finding]:
        for key in sorted(self._repository.model_fields_set - _OF_GUESTS):
            yield self._find((key,), f"is for stack {self._repository.owned_by} to say, which has the repository")
        if self._owned and self._owned.mistake:
            yield self._find(("owned_by",), self._owned.mistake)
        taken = self._owned.repository.environments if self._owned and self._owned.repository else {}
        for name in sorted(taken.keys() & self._repository.environments.keys()):
            text = f"is an environment of stack {self._repository.owned_by} already: choose another name"
            yield self._find(("environments", name), text)

    def _own(self) -> Iterator[Finding]:
        repository = self._repository
        for key in ("plan", "visibility"):
            if getattr(repository, key) is None:
                yield self._find((key,), "is missing: it decides what GitHub can do for the repository")
        if repository.visibility == "internal":
            yield from self._needs("internal", ("visibility",))
        if repository.secret_scanning:
            yield from self._needs("secret_scanning", ("secret_scanning",))
        for key in ("branch", "protected_tags"):
            if getattr(repository, key):
                yield from self._needs("rulesets", (key,))
        if repository.branch is None and self._has("rulesets"):
            text = "is missing: name the checks that have to be green, as in `{checks: [check]}`"
            yield self._find(("branch",), text)

    def _has(self, feature: Feature) -> bool:
        """Tell whether the plan is known to have something."""
        return bool(self._plan and self._visibility and offers(feature, self._plan, self._visibility))

    def _needs(self, feature: Feature, place: Place) -> Iterator[Finding]:
        """Yield that the plan has not got what is asked for."""
        if self._plan and self._visibility and not offers(feature, self._plan, self._visibility):
            yield self._find(place, f"{lacking(feature, self._plan, self._visibility)}; else remove it")

    def _environment(self, at: Place, environment: Environment) -> Iterator[Finding]:
        if environment.branches is not None or environment.tags is not None:
            yield from self._needs("branch_policy", (*at, "tags" if environment.branches is None else "branches"))
        if not (environment.branches or environment.tags) and (environment.branches, environment.tags) != (None, None):
            yield self._find(at, "no branch and no tag may go there: remove the empty lists for the default branch")
        if environment.reviewers is not None:
            yield from self._needs("reviewers", (*at, "reviewers"))
            if self._plan == "pro" and environment.reviewers.teams:
                yield self._find((*at, "reviewers", "teams"), "`plan: pro` is a person's, who has no teams: name users")
        if environment.wait_minutes is not None:
            yield from self._needs("wait_timer", (*at, "wait_minutes"))
        yield from self._given(at, environment.secrets, environment.variables)
        yield from self._deploy(at, environment)

    def _given(
        self, at: Place, secrets: Mapping[str, RepositorySecret], variables: Mapping[str, Variable]
    ) -> Iterator[Finding]:
        for name, secret in secrets.items():
            if secret.config is not None:
                yield from _is_set(self._sections, (*self._at, *at, "secrets", name, "config"), secret.config)
            yield from self._output((*at, "secrets", name), secret.output)
        for name, variable in variables.items():
            yield from self._output((*at, "variables", name), variable.output)

    def _output(self, at: Place, output: str | None) -> Iterator[Finding]:
        servers = self._sections.written.get("servers", ())
        server = output.split(".")[1] if output else None
        if server is not None and server not in servers:
            yield self._find((*at, "output"), f"names no server of this stack{did_you_mean(server, servers)}")

    def _deploy(self, at: Place, environment: Environment) -> Iterator[Finding]:
        deploy = environment.deploy
        if deploy is None:
            return
        for kind, given, own in (
            ("secrets", secret_names(deploy), environment.secrets),
            ("variables", variable_names(deploy), environment.variables),
        ):
            for name in sorted({*given} & own.keys()):
                yield self._find((*at, kind, name), "is given by `deploy` too: give that one another name by `names`")
            for name in sorted(name for name, count in Counter(given).items() if count > 1):
                yield self._find((*at, "deploy", "names"), f"gives two things the name {name}")
        if deploy.token is not None:
            yield from _is_set(self._sections, (*self._at, *at, "deploy", "token"), deploy.token)
        product = deployed_product(self._name, deploy, self._sections.products)
        if product is None:
            known = self._sections.written.get("products", ())
            remark = did_you_mean(deploy.product or self._name, known)
            yield self._find((*at, "deploy", "product"), f"must name the product that is deployed{remark}")
        elif deploy.by == "ssh":
            yield from self._server((*at, "deploy"), self._sections.products[product].server)

    def _server(self, at: Place, name: str) -> Iterator[Finding]:
        """Yield that a key would get more than a command: a terminal, or a way into the server's network."""
        server = self._sections.servers.get(name)
        if server is not None and server.profile != "hardened":
            text = f"`ssh` needs `profile: hardened` for server {name}, which restricts the deploy user's keys"
            yield self._find(at, text)

    def _united(self) -> Iterator[Finding]:
        """Yield the secrets that would meet where there is one place for those of all environments."""
        owners: dict[str, str] = dict.fromkeys(self._repository.secrets, "the repository")
        for name, environment in self._repository.environments.items():
            given = [*environment.secrets, *(secret_names(environment.deploy) if environment.deploy else ())]
            for secret in given:
                other = owners.setdefault(secret, name)
                if other != name:
                    text = f"{secret} is one of {other} too, and this plan has one place for both: rename one"
                    yield self._find(("environments", name), text)
        if len(owners) > _MOST_SECRETS:
            yield self._find((), f"has more than {_MOST_SECRETS} secrets, which GitHub refuses")


def _is_set(sections: Sections, at: Place, secret: str) -> Iterator[Finding]:
    if secret not in sections.secrets:
        remark = did_you_mean(secret, sections.secrets)
        yield Finding(at, f"is not set: `pulumi config set --secret {SECRET_PREFIX}{secret}`{remark}")
