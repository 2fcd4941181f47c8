"""Section `slipway:repositories`: repositories on GitHub, with what their workflows need."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from infra.config.github_plans import Plan, Visibility
from infra.config.section import BY_CONFIG, ConfigSecretName, Form, Name, PublicKey, Section

_MOST_MINUTES = 43_200
"""Thirty days, GitHub's limit of a wait timer."""
_MOST_REVIEWERS = 6
DEPLOY_NAMES = (
    "DEPLOY_HOST",
    "DEPLOY_USER",
    "DEPLOY_PORT",
    "DEPLOY_SSH_KEY",
    "DEPLOY_KNOWN_HOSTS",
    "DEPLOY_PROJECT_PATH",
    "DEPLOY_COMPOSE_FILES",
)
"""Secrets of `deploy: ssh`."""
GITOPS_NAMES = ("GITOPS_REPOSITORY", "GITOPS_STACK", "GITOPS_PRODUCT", "GITOPS_TOKEN")
"""What `deploy: gitops` gives: three variables and a secret."""

OwnerName = Annotated[
    str,
    Form(
        "owner on GitHub",
        "^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$",
        "must be an organisation's or user's name on GitHub: letters, digits and single hyphens, at most 39",
    ),
]
RepositoryName = Annotated[
    str,
    Form(
        "repository name",
        r"^(?!\.{1,2}$)(?!.*\.(git|wiki)$)[A-Za-z0-9._-]{1,100}$",
        "must be a name that GitHub takes for a repository: letters, digits, `.`, `-` and `_`, at most 100, "
        "not ending in `.git` or `.wiki`",
    ),
]
RepositoryPath = Annotated[
    str,
    Form(
        "repository",
        r"^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}$",
        "must be a repository on GitHub, `owner/name`",
    ),
]
ACTIONS_NAME = Form(
    "name in Actions",
    "^(?!(?i:GITHUB_))[A-Z_][A-Z0-9_]*$",
    "must be a name that GitHub takes: capital letters, digits and `_`, no digit first and not `GITHUB_…`",
)
ActionsName = Annotated[str, ACTIONS_NAME]
ENVIRONMENT_NAME = Form(
    "environment",
    r"^[A-Za-z0-9_][A-Za-z0-9_. -]{0,99}$",
    "must be an environment's name: letters, digits, `_`, `.`, `-` and spaces, at most 100",
)
DeploymentEnvironment = Annotated[str, ENVIRONMENT_NAME]
RefPattern = Annotated[
    str, Form("branch or tag pattern", r"^[^\s~^:?\[\\]{1,255}$", "must be a branch or tag, or a pattern such as `v*`")
]
ActionPattern = Annotated[
    str,
    Form(
        "action pattern",
        r"^[A-Za-z0-9_.*-]+/[A-Za-z0-9_.*/-]+(@[A-Za-z0-9_.*/-]+)?$",
        "must be an action or a pattern of actions, such as `docker/*` or `docker/login-action@*`",
    ),
]
Login = Annotated[str, Form("login", "^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$", "must be a user's login on GitHub")]
TeamSlug = Annotated[str, Form("team", "^[a-z0-9][a-z0-9_-]*$", "must be a team's short name, as its address has it")]
TEXT_OUTPUT = Form(
    "output",
    r"^servers\.[a-z0-9-]+\.(host|user|port|known_hosts)$",
    "must be something of a server: `servers.<name>.host`, `.user`, `.port` or `.known_hosts`",
)
Output = Annotated[str, TEXT_OUTPUT]
ServerPath = Annotated[
    str, Form("folder of a server", r"^(/[A-Za-z0-9._-]+)+$", "must be a folder of the server, such as `/srv/shop`")
]


class RepositorySecret(Section):
    """Where a secret of a repository comes from."""

    REMEDY: ClassVar[str] = BY_CONFIG

    generate: Annotated[int, Field(ge=16, le=128)] | None = None
    """Make it: a random text of that many letters and digits, kept encrypted in the state."""
    config: ConfigSecretName | None = None
    """Take it from `slipway:secret-<name>`, set by `pulumi config set --secret`."""
    output: Output | None = None
    """Take it from the stack: `servers.<name>.host`, `.user`, `.port` or `.known_hosts`."""
    rotation: Annotated[int, Field(ge=1)] = 1
    """Count up for a new one; for what is generated only."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.rotation != 1 and self.generate is None:
            msg = "must have `generate` for a `rotation`: what a person has set is changed by setting it"
            raise ValueError(msg)
        return self.check_one_of("generate", "config", "output")


class Variable(Section):
    """A value that workflows may show."""

    value: str | None = None
    """The value itself; a text in place of the map means the same."""
    output: Output | None = None
    """Take it from the stack: `servers.<name>.host`, `.user`, `.port` or `.known_hosts`."""

    @model_validator(mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return {"value": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        return self.check_one_of("value", "output")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """Tell editors that the text alone will do."""
        model: dict[str, Any] = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [{"type": "string"}, model]}


class Deploy(Section):
    """What a workflow needs to deploy."""

    by: Literal["ssh", "gitops"]
    """`ssh`: a key of its own and where to go. `gitops`: what it takes to propose a digest to the repository of the
    release files. A text in place of the map means the same."""
    product: Name | None = None
    """Product that is deployed; the one of the repository's name, or the stack's only one, when absent."""
    names: dict[ActionsName, ActionsName] = Field(default_factory=dict)
    """Other names for what is given, as in `{DEPLOY_HOST: DEV_HOST}`."""
    rotation: Annotated[int, Field(ge=1)] = 1
    """Count up for a new key; the former one is let in no longer by the same `up`. For `ssh`."""
    project_path: ServerPath | None = None
    """Folder of the compose files on the server; `/srv/<stack>-<product>` when absent. For `ssh`."""
    repository: RepositoryPath | None = None
    """Repository of the release files. For `gitops`."""
    token: ConfigSecretName | None = None
    """`slipway:secret-<name>` with a token that may open pull requests there. For `gitops`."""

    @model_validator(mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return {"by": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        known = DEPLOY_NAMES if self.by == "ssh" else GITOPS_NAMES
        if strange := sorted(set(self.names) - set(known)):
            msg = f"has no {strange[0]} to give another name to: `{self.by}` gives {', '.join(known)}"
            raise ValueError(msg)
        if self.by == "gitops" and (self.repository is None or self.token is None):
            msg = "must have `repository` and `token` for `gitops`: where a digest is proposed, and by whom"
            raise ValueError(msg)
        if self.by == "ssh" and (self.repository is not None or self.token is not None):
            msg = "must not have `repository` or `token` for `ssh`: remove them"
            raise ValueError(msg)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """Tell editors that the word alone will do."""
        model: dict[str, Any] = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [{"type": "string", "enum": ["ssh"]}, model]}


class Reviewers(Section):
    """Who releases a job into an environment; one of them is enough."""

    REMEDY: ClassVar[str] = "write `{users: [anna]}`"

    users: list[Login] = Field(default_factory=list)
    """Members, by login."""
    teams: list[TeamSlug] = Field(default_factory=list)
    """Teams of the organisation."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not 1 <= len(self.users) + len(self.teams) <= _MOST_REVIEWERS:
            msg = f"must name 1 to {_MOST_REVIEWERS} users and teams"
            raise ValueError(msg)
        return self


class Environment(Section):
    """An environment of a repository: where jobs go, and the secrets that they get there."""

    branches: list[RefPattern] | None = None
    """Branches whose jobs may go there; the default branch when neither this nor `tags` is given."""
    tags: list[RefPattern] | None = None
    """Tags whose jobs may go there, such as `v*`."""
    reviewers: Reviewers | None = None
    """Who releases a job; nobody has to when absent."""
    wait_minutes: Annotated[int, Field(ge=1, le=_MOST_MINUTES)] | None = None
    """Time before a job goes on."""
    self_review: bool = False
    """Whether people may release what they have started themselves."""
    admins_bypass: bool = False
    """Whether administrators may go past all this."""
    deploy: Deploy | None = None
    """What a workflow needs to deploy."""
    secrets: dict[ActionsName, RepositorySecret] = Field(default_factory=dict)
    """Secrets of this environment."""
    variables: dict[ActionsName, Variable] = Field(default_factory=dict)
    """Values that workflows may show."""


class DefaultBranch(Section):
    """What the default branch takes; nobody is exempt."""

    checks: list[str] = Field(min_length=1)
    """Names of the checks that have to be green."""
    approvals: Annotated[int, Field(ge=1, le=10)] = 1
    """Reviews that a pull request needs; each push asks for them anew."""
    code_owners: bool = False
    """Whether a code owner has to be among them."""
    signatures: bool = False
    """Whether commits have to be signed."""


class Actions(Section):
    """Which actions workflows may use; each has to be pinned by its commit, and the workflows' token only reads."""

    github_owned: bool = True
    """Whether those of GitHub itself may run."""
    verified: bool = False
    """Whether those of verified creators may run."""
    allowed: list[ActionPattern] = Field(default_factory=list)
    """Others that may run."""


class Repository(Section):
    """A repository on GitHub."""

    owner: OwnerName
    """Organisation or user."""
    name: RepositoryName | None = None
    """Its name on GitHub, where that is another one than here."""
    owned_by: Name | None = None
    """Another stack that has the repository; this one adds its `environments` and nothing else."""
    plan: Plan | None = None
    """Plan of the owner, which decides what there is; that of the owner's stack with `owned_by`."""
    visibility: Visibility | None = None
    """Who may read it; that of the owner's stack with `owned_by`."""
    adopt: bool = False
    """Take over a repository that is there already. Its settings stay as they are until you remove this line."""
    description: str = ""
    """What it is for."""
    homepage: str = ""
    """Address shown beside it."""
    topics: list[Name] = Field(default_factory=list)
    """Words that it is found by."""
    issues: bool = True
    """Whether it has issues."""
    wiki: bool = False
    """Whether it has a wiki, which nobody reviews."""
    merge_methods: list[Literal["merge", "squash", "rebase"]] = Field(default=["squash"], min_length=1)
    """How pull requests are merged."""
    secret_scanning: bool | None = None
    """Whether pushes that hold a secret are stopped. On for public repositories when absent; others pay for it."""
    default_branch: RefPattern = "main"
    """Branch that environments take jobs from, unless they say otherwise."""
    branch: DefaultBranch | None = None
    """What the default branch takes; needed where the plan has rulesets."""
    protected_tags: list[RefPattern] = Field(default_factory=list)
    """Tags that nobody moves or deletes once they are there, such as `v*`."""
    actions: Actions = Actions()
    """Which actions may run."""
    environments: dict[DeploymentEnvironment, Environment] = Field(default_factory=dict)
    """Environments, by name."""
    secrets: dict[ActionsName, RepositorySecret] = Field(default_factory=dict)
    """Secrets that every workflow gets; those of a deployment belong to an environment."""
    variables: dict[ActionsName, Variable] = Field(default_factory=dict)
    """Values that every workflow may show."""
    deploy_keys: dict[Name, PublicKey] = Field(default_factory=dict)
    """Public keys that may read the repository, such as a server's."""
