"""What GitHub's answers have besides what anybody reads: addresses, and values that are always the same."""

from collections.abc import Iterable

from tests.github_standin.world import Thing

ADDRESS = "https://api.github.test"
_OF_PEOPLE = [
    "events",
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
    "html",
    "avatar",
]
_OF_REPOSITORIES = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "html",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "clone",
    "git",
    "mirror",
    "ssh",
    "svn",
]
_COUNTS = ("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers")
_MORE_COUNTS = ("watchers_count", "network_count", "subscribers_count")


def addresses(path: str, names: Iterable[str]) -> Thing:
    """Return an address for each name."""
    return {"url": f"{ADDRESS}{path}", **{f"{name}_url": f"{ADDRESS}{path}/{name}" for name in names}}


def account(login: str, number: int, kind: str) -> Thing:
    """Return a user or an organisation, as others refer to it."""
    own = {"login": login, "id": number, "node_id": f"U_{number}", "type": kind}
    return {**addresses(f"/users/{login}", _OF_PEOPLE), **own, "gravatar_id": "", "site_admin": False}


def person(login: str, number: int, kind: str, at: str) -> Thing:
    """Return a user, asked for by name."""
    unknown = dict.fromkeys(("bio", "company", "email", "hireable", "location", "name"))
    counts = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
    return {**account(login, number, kind), **unknown, **counts, "blog": "", "created_at": at, "updated_at": at}


def organisation(login: str, number: int, at: str) -> Thing:
    """Return an organisation, asked for by name."""
    listed = ("repos", "events", "hooks", "issues", "members", "public_members", "avatar", "html")
    return {
        **addresses(f"/orgs/{login}", listed),
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        "login": login,
        "id": number,
        "node_id": f"O_{number}",
        "description": None,
        "type": "Organization",
        "has_organization_projects": True,
        "has_repository_projects": True,
        "created_at": at,
        "updated_at": at,
        "archived_at": None,
    }


def team(owner: Thing, slug: str, number: int, at: str) -> Thing:
    """Return a team."""
    return {
        **addresses(f"/teams/{number}", ("members", "repositories", "html")),
        **dict.fromkeys(("members_count", "repos_count"), 1),
        "id": number,
        "node_id": f"T_{number}",
        "name": slug,
        "slug": slug,
        "description": None,
        "permission": "pull",
        "privacy": "closed",
        "type": "organization",
        "created_at": at,
        "updated_at": at,
        "organization": owner,
    }


def repository(settings: Thing, owner: Thing, number: int, at: str) -> Thing:
    """Return a repository with all that its settings do not say."""
    path = f"{owner['login']}/{settings['name']}"
    return {
        **addresses(f"/repos/{path}", _OF_REPOSITORIES),
        **dict.fromkeys((*_COUNTS, *_MORE_COUNTS), 0),
        **dict.fromkeys(("language", "license", "mirror_url")),
        "fork": False,
        "disabled": False,
        "has_pages": False,
        "has_discussions": False,
        "has_downloads": True,
        "is_template": False,
        "created_at": at,
        "updated_at": at,
        "pushed_at": at,
        **settings,
        "id": number,
        "node_id": f"R_{number}",
        "owner": owner,
        "full_name": path,
        "private": settings["visibility"] != "public",
    }
