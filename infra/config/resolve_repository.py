"""A repository's section, with what the stack knows, to its part of `Settings`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from infra.config.files import NamedFiles
from infra.config.github import GitHub, Token
from infra.config.github_plans import Plan, Visibility, lacking, offers
from infra.config.repositories import Deploy, Environment, Repository, RepositorySecret, Variable
from infra.config.repository_deploys import (
    GITOPS_SECRET,
    SSH_KEY,
    compose_files,
    deployed_product,
    given_name,
    project_path,
)
from infra.config.repository_owners import Owned
from infra.config.repository_settings import (
    DeployKey,
    EnvironmentSettings,
    GitHubSettings,
    OwnSettings,
    RepositorySettings,
    SecretValue,
    StackText,
)
from infra.config.sections import Sections
from infra.config.settings import ConfigSecret, FileSecret, GeneratedSecret

SSH_PORT = 22
"""The port that a line of `known_hosts` need not name."""


def resolve_github(github: GitHub, files: NamedFiles) -> GitHubSettings:
    """Return how GitHub is signed in to."""
    return GitHubSettings(token=_token(github.token, files), base_url=github.base_url)


def _token(token: Token | None, files: NamedFiles) -> ConfigSecret | FileSecret | None:
    if token is None:
        return None
    if token.file is not None:
        return files.secret(("github", "token", "file"), token.file)
    return ConfigSecret(name=token.config or "")


@dataclass(frozen=True, kw_only=True, slots=True)
class RepositoryResolver:
    """What repositories may take from their stack, which is without mistakes."""

    stack: str
    sections: Sections
    files: NamedFiles

    def resolve(self, key: str, repository: Repository, owned: Owned | None) -> RepositorySettings:
        """Return a repository."""
        known = (owned.repository if owned else None) or repository
        plan, visibility = known.plan or "free", known.visibility or "private"
        environments = tuple(
            self._environment(key, name, environment, repository.default_branch)
            for name, environment in sorted(repository.environments.items())
        )
        together = not offers("environments", plan, visibility)
        inside = environments if together else ()
        return RepositorySettings(
            key=key,
            owner=repository.owner,
            name=repository.name or key,
            plan=plan,
            own=None if owned else _own(repository, plan, visibility),
            environments=() if together else environments,
            secrets=self._secrets(repository.secrets) | {k: v for each in inside for k, v in each.secrets.items()},
            variables=self._variables(repository.variables)
            | {k: v for each in inside for k, v in each.variables.items()},
            notices=tuple(_notices(repository, plan, visibility, is_own=owned is None)),
        )

    def _environment(self, key: str, name: str, environment: Environment, default: str) -> EnvironmentSettings:
        deploy = environment.deploy
        anywhere = environment.branches is None and environment.tags is None
        secrets = self._secrets(environment.secrets)
        variables = self._variables(environment.variables)
        if deploy is not None:
            given, shown = self._gitops(key, deploy) if deploy.by == "gitops" else (self._ssh(key, name, deploy), {})
            secrets |= {given_name(deploy, each): value for each, value in given.items()}
            variables |= {given_name(deploy, each): value for each, value in shown.items()}
        return EnvironmentSettings(
            name=name,
            branches=(default,) if anywhere else tuple(environment.branches or ()),
            tags=tuple(environment.tags or ()),
            users=tuple(environment.reviewers.users) if environment.reviewers else (),
            teams=tuple(environment.reviewers.teams) if environment.reviewers else (),
            wait_minutes=environment.wait_minutes or 0,
            self_review=environment.self_review,
            admins_bypass=environment.admins_bypass,
            secrets=secrets,
            variables=variables,
        )

    def _ssh(self, key: str, environment: str, deploy: Deploy) -> dict[str, SecretValue]:
        product = deployed_product(key, deploy, self.sections.products) or ""
        section = self.sections.products[product]
        server = section.server
        return {
            SSH_KEY: DeployKey(server=server, environment=environment, rotation=deploy.rotation),
            "DEPLOY_HOST": self._output(f"servers.{server}.host"),
            "DEPLOY_USER": self._output(f"servers.{server}.user"),
            "DEPLOY_PORT": self._output(f"servers.{server}.port"),
            "DEPLOY_KNOWN_HOSTS": self._output(f"servers.{server}.known_hosts"),
            "DEPLOY_PROJECT_PATH": StackText(text=project_path(self.stack, product, deploy)),
            "DEPLOY_COMPOSE_FILES": StackText(text=compose_files(section)),
        }

    def _gitops(self, key: str, deploy: Deploy) -> tuple[dict[str, SecretValue], dict[str, StackText]]:
        product = deployed_product(key, deploy, self.sections.products)
        texts = {"REPOSITORY": deploy.repository, "STACK": self.stack, "PRODUCT": product}
        shown = {f"GITOPS_{name}": StackText(text=text) for name, text in texts.items()}
        return {GITOPS_SECRET: ConfigSecret(name=deploy.token or "")}, shown

    def _secrets(self, secrets: Mapping[str, RepositorySecret]) -> dict[str, SecretValue]:
        return {name: self._secret(source) for name, source in sorted(secrets.items())}

    def _secret(self, source: RepositorySecret) -> SecretValue:
        if source.config is not None:
            return ConfigSecret(name=source.config)
        if source.output is not None:
            return self._output(source.output)
        return GeneratedSecret(length=source.generate or 0, rotation=source.rotation)

    def _variables(self, variables: Mapping[str, Variable]) -> dict[str, StackText]:
        return {
            name: StackText(text=each.value) if each.output is None else self._output(each.output)
            for name, each in sorted(variables.items())
        }

    def _output(self, output: str) -> StackText:
        """Return something of a server."""
        _, name, part = output.split(".")
        server = self.sections.servers[name]
        if part == "known_hosts":
            return self._known_hosts(name)
        texts = {"host": server.host, "user": server.ssh.user, "port": str(server.ssh.port)}
        return StackText(text=texts[part])

    def _known_hosts(self, name: str) -> StackText:
        server = self.sections.servers[name]
        if server.ssh.host_key is not None:
            shown = server.host if server.ssh.port == SSH_PORT else f"[{server.host}]:{server.ssh.port}"
            return StackText(text=f"{shown} {' '.join(server.ssh.host_key.split()[:2])}")
        file = self.files.text(("servers", name, "ssh", "known_hosts"), server.ssh.known_hosts or "")
        return StackText(text=None if file.content is None else file.content.strip())


def _own(repository: Repository, plan: Plan, visibility: Visibility) -> OwnSettings:
    has_rules = offers("rulesets", plan, visibility)
    scanning = repository.secret_scanning
    return OwnSettings(
        adopt=repository.adopt,
        visibility=visibility,
        description=repository.description,
        homepage=repository.homepage,
        topics=tuple(repository.topics),
        issues=repository.issues,
        wiki=repository.wiki,
        merge_methods=frozenset(repository.merge_methods),
        secret_scanning=visibility == "public" if scanning is None else scanning,
        branch=repository.branch if has_rules else None,
        protected_tags=tuple(repository.protected_tags) if has_rules else (),
        actions=repository.actions,
        deploy_keys=dict(sorted(repository.deploy_keys.items())),
    )


def _notices(repository: Repository, plan: Plan, visibility: Visibility, *, is_own: bool) -> Iterator[str]:
    """Yield what the plan cannot do, and what is done instead."""
    if repository.environments and not offers("environments", plan, visibility):
        names = ", ".join(sorted(repository.environments))
        yield (
            f"{lacking('environments', plan, visibility)}. What {names} would have becomes the whole repository's: "
            "every workflow on every branch gets those secrets"
        )
    if not is_own:
        return
    if not offers("rulesets", plan, visibility):
        yield f"{lacking('rulesets', plan, visibility)}. Whoever may push changes the default branch without a review"
    if repository.secret_scanning is None and visibility != "public":
        yield (
            "secret scanning is off: for repositories that are not public GitHub sells it apart (Secret Protection, on "
            "the plans team and enterprise); where you have it, write `secret_scanning: true`"
        )
    if repository.adopt:
        yield "it is taken over as it is: its settings are put right once `adopt` is removed"
