"""What runs later, outside of the sandbox, cannot be changed from within, in any mode."""

import os
import subprocess

import pytest

from support.conversation import Conversation, bash, tool
from support.waiting import eventually

NAMES = [
    ".bashrc", ".profile", ".zshrc", ".envrc", ".vscode/tasks.json", ".config/systemd/user/x.service",
    ".config/autostart/x.desktop", ".claude/settings.json", ".mcp.json", ".git/hooks/pre-commit",
    ".git/config", ".idea/workspace.xml", ".husky/pre-commit", ".pre-commit-config.yaml",
    ".bash_profile", ".gitconfig", ".config/git/config", ".config/fish/config.fish"]


def git(folder, *words):
    return subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false",
         "-c", "protocol.file.allow=always", "-C", str(folder), *words], check=True,
        capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path):
    made = tmp_path / "repository"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    (made / "file.txt").write_text("one\n")
    git(made, "add", ".")
    git(made, "commit", "-qm", "first")
    return made


def attempts(path):
    parent, _, name = path.rpartition("/")
    make = f"mkdir -p {parent}; " if parent else ""
    top = path.split("/")[0]
    return [
        bash(f"{make}echo planted >> {path}"), bash(f"{make}echo planted > x; mv -f x {path}"),
        bash(f"rm -rf {path}; {make}echo planted > {path}"),
        bash(f"mv {top} {top}.away; {make}echo planted > {path}"),
        bash(f"python3 -c 'import os; os.makedirs(\"{parent or '.'}\", exist_ok=True); "
             f"open(\"{path}\", \"a\").write(\"planted\")'"),
        tool("Write", file_path=path, content="planted\n"), tool("Read", file_path=path),
        tool("Edit", file_path=path, old_string="old", new_string="planted")]


@pytest.mark.parametrize("mode", ["allow-all", "safe"])
@pytest.mark.parametrize("exists", [True, False], ids=["there", "absent"])
@pytest.mark.parametrize("path", NAMES)
def test_a_startup_file_can_be_neither_changed_nor_made(team, repository, path, exists, mode):
    file = repository / path
    if exists and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("old\n")
    before = file.read_text() if file.exists() else None
    session = Conversation(team, repository, mode)
    run = session.run(*attempts(path), within=60)
    assert (file.read_text() if file.exists() else None) == before, run
    if exists and mode == "allow-all":
        assert "runs" in run.results[-1], "the refusal says why"
    if not exists and not path.startswith(".git/"):
        top = repository / path.split("/")[0]
        eventually(lambda: not top.exists(), 60, what="nothing is left behind")


def test_a_workspace_may_say_otherwise_and_a_question_says_what_it_is(team, repository):
    session = Conversation(team, repository, mode="ask", permissionTimeoutMs=None)
    team.api.patch(f"/api/workspaces/{session.workspace}", {"allowsStartupFiles": True})
    session.say(tool("Write", file_path=".git/hooks/pre-commit", content="#!/bin/sh\n"),
                bash("echo x >> .envrc"))
    asked = session.asked()
    assert "runs" in asked["description"] and "hook" in asked["description"], asked
    session.answer(asked["requestId"])
    asked = session.asked()
    assert "direnv" in asked["description"], asked
    session.answer(asked["requestId"])
    session.ended()
    assert (repository / ".git/hooks/pre-commit").exists() and (repository / ".envrc").exists()


def test_every_days_git_works(team, repository):
    session = Conversation(team, repository)
    run = session.run(
        bash("git status --short && echo two >> file.txt && git add -A && "
             "git -c user.name=a -c user.email=a@b commit -qm second && git log --oneline | wc -l"),
        bash("git checkout -b topic && git branch && git stash list && git tag v1 && git diff main"),
        bash("git status --short --ignored"), within=60)
    assert [event.get("isError") for event in run.of("tool_result")] == [False] * 3 or not any(
        event.get("isError") for event in run.of("tool_result")), run
    assert run.results[0].strip() == "2"
    assert run.results[2].strip() in ("", "(No output.)"), "nothing of ours is in the way"
    assert git(repository, "show", "--stat", "--format=", "main").count("|") == 1


def test_what_git_cannot_do_is_said(team, repository):
    session = Conversation(team, repository)
    run = session.run(bash("git config alias.x '!touch pwned'"), bash("git remote add o /tmp/x"))
    for event in run.of("tool_result"):
        assert event["isError"] and "allowsStartupFiles" in event["result"], event


# What one command makes beneath the top

EVIL = "'#!/bin/sh\\ntouch /tmp/evil\\n'"
PLANTED = {
    "hook": ("mkdir n && git init -q n && printf EVIL > n/.git/hooks/post-commit && "
             "chmod +x n/.git/hooks/post-commit", "n/.git/hooks/post-commit"),
    "hook at the top": ("git init -q . && printf EVIL > .git/hooks/post-commit && "
                        "chmod +x .git/hooks/post-commit", ".git/hooks/post-commit"),
    "setting": ("git init -q n && git -C n config core.fsmonitor 'touch /tmp/evil'", "n/.git/config"),
    "alias": ("git init -q n && git -C n config alias.st '!touch /tmp/evil'", "n/.git/config"),
    "include": ("git init -q n && git -C n config include.path ../x", "n/.git/config"),
    "hooks elsewhere": ("mkdir h && git init -q n && git -C n config core.hooksPath ../h",
                        "n/.git/config"),
    "moved": ("git init -q x && mkdir -p n && git -C x config core.pager 'touch /tmp/evil' && "
              "mv x/.git n/prepared && mv n/prepared n/.git", "n/.git/config"),
    "link": ("git init -q x && mkdir -p n && mv x/.git prepared && ln -s ../prepared n/.git",
             "n/.git"),
    "file": ("git init -q x && git -C x config core.editor x && mkdir n && mv x/.git prepared && "
             "echo 'gitdir: ../prepared' > n/.git", "prepared/config"),
    "file that leads out": ("mkdir n && echo 'gitdir: /tmp/x' > n/.git", "n/.git"),
    "bare": ("git init -q --bare n && git -C n config core.fsmonitor x", "n/config"),
    "bare hook": ("git init -q --bare n && printf EVIL > n/hooks/post-receive", "n/hooks/post-receive"),
    "circle": ("git init -q n && git init -q m && echo ../../m/.git > n/.git/commondir && "
               "echo ../../n/.git > m/.git/commondir && git config -f n/.git/config core.pager x",
               "n/.git/config"),
    "module": ("git init -q n && mkdir -p n/.git/modules && git init -q --bare n/.git/modules/a && "
               "printf EVIL > n/.git/modules/a/hooks/pre-push", "n/.git/modules/a/hooks/pre-push"),
    "deep": ("mkdir -p a/b/c/d/e/f/g/h/i/j/k/l && git init -q a/b/c/d/e/f/g/h/i/j/k/l && "
             "git -C a/b/c/d/e/f/g/h/i/j/k/l config core.pager x",
             "a/b/c/d/e/f/g/h/i/j/k/l/.git/config"),
    "direnv": ("mkdir n && echo 'touch /tmp/evil' > n/.envrc", "n/.envrc"),
    "editor": ("mkdir -p n/.vscode && echo '{}' > n/.vscode/tasks.json", "n/.vscode"),
    "agent": ("mkdir -p n/.claude && echo '{}' > n/.claude/settings.json", "n/.claude"),
}


def aside(folder):
    """What was set aside; what stands for missing files may go away meanwhile."""
    return [name for _, folders, files in os.walk(folder) for name in folders + files
            if ".set-aside" in name]


@pytest.mark.parametrize("name", PLANTED)
def test_what_one_command_plants_is_set_aside(talk, name):
    line, planted = PLANTED[name]
    session = talk()
    run = session.run(bash(line.replace("EVIL", EVIL)), within=60)
    assert not (session.folder / planted).exists(), run.results
    assert not (session.folder / planted).is_symlink(), run.results
    aside = session.folder / (planted + ".set-aside")
    assert aside.exists() or aside.is_symlink(), run.results
    assert planted in run.results[0] and "allowsStartupFiles" in run.results[0], run.results


def test_it_is_set_aside_also_when_the_command_is_ended(talk):
    session = talk()
    run = session.run(
        bash("mkdir n && echo x > n/.envrc && sleep 600", timeout=3_000), within=60)
    assert run.of("tool_result")[0]["isError"]
    assert not (session.folder / "n/.envrc").exists() and (
        session.folder / "n/.envrc.set-aside").exists(), run.results


def test_a_workspace_may_let_it_be(talk):
    session = talk()
    session.team.api.patch(f"/api/workspaces/{session.workspace}", {"allowsStartupFiles": True})
    run = session.run(bash("git init -q n && git -C n config alias.st '!true' && "
                           "echo x > n/.envrc && echo x > n/.git/hooks/post-commit"))
    assert (session.folder / "n/.envrc").exists(), run.results
    assert (session.folder / "n/.git/hooks/post-commit").exists(), run.results
    assert "alias" in (session.folder / "n/.git/config").read_text(), run.results


def test_what_people_have_stays_as_it_is(talk):
    session = talk()
    nested = session.folder / "nested"
    nested.mkdir()
    git(nested, "init", "-q")
    git(nested, "config", "core.pager", "less -x4")
    (nested / ".git/hooks/pre-commit").write_text("#!/bin/sh\n")
    (nested / ".envrc").write_text("export A=1\n")
    bare = session.folder / "bare"
    git(session.folder, "init", "-q", "--bare", "bare")
    git(bare, "config", "core.pager", "less")
    before = [(nested / ".git/config").read_text(), (bare / "config").read_text()]
    run = session.run(bash("touch x; echo evil >> nested/.envrc; echo evil >> bare/config"),
                      bash("mv nested moved; cat moved/.envrc"), within=60)
    moved = session.folder / "moved"
    assert (moved / ".envrc").read_text() == "export A=1\n", run.results
    assert (moved / ".git/hooks/pre-commit").exists(), run.results
    assert [(moved / ".git/config").read_text(), (bare / "config").read_text()] == before
    assert not aside(session.folder), run.results


AS = "-c user.name=a -c user.email=a@b -c protocol.file.allow=always"


def test_git_makes_repositories_in_one_call_and_commits_in_the_next(talk):
    session = talk()
    run = session.run(
        bash(f"git init -q lib && cd lib && echo 1 > f && git add f && git {AS} commit -qm 1"),
        bash("git clone -q lib copy && git -C copy log --oneline | wc -l"),
        bash(f"git init -q n && cd n && git {AS} commit -q --allow-empty -m 1 && "
             f"git {AS} submodule --quiet add ../lib sub && git worktree add -q ../tree"),
        bash(f"git -C n {AS} commit -qm 2 && git -C n log --oneline | wc -l && "
             "git -C n submodule status"),
        bash(f"cd tree && touch g && git add g && git {AS} commit -qm 3 && git log --oneline | wc -l"),
        bash(f"cd copy && echo 2 > f && git {AS} commit -qam 2 && git status --short"), within=120)
    for event in run.of("tool_result"):
        assert not event.get("isError") and "Set aside" not in event["result"], event
    assert run.results[1].strip() == "1" and run.results[3].split()[0] == "2"
    assert not aside(session.folder)


@pytest.mark.parametrize("path", [
    "n/.envrc", "n/.vscode/tasks.json", "n/.git/hooks/post-commit", "n/.git/config", "n/.git",
    "bare/config", "bare/hooks/post-receive", "made/HEAD"])
def test_files_beneath_are_refused_to_write_and_edit(talk, path):
    session = talk()
    git(session.folder, "init", "-q", "--bare", "bare")
    file = session.folder / path
    before = file.read_text() if file.is_file() else None
    run = session.run(
        tool("Write", file_path=path, content="planted\n"), tool("Read", file_path=path),
        tool("Edit", file_path=path, old_string="bare", new_string="planted"))
    assert (file.read_text() if file.is_file() else None) == before, run.results
    assert "runs" in run.results[0], run.results


def test_where_not_all_can_be_looked_at_no_more_is_written(talk):
    session = talk()
    deep = "/".join(["d"] * 34)
    run = session.run(
        bash(f"mkdir -p {deep} && echo made"), bash("echo x > f"), tool("Read", file_path="f"),
        within=60)
    first, second = run.of("tool_result")[:2]
    assert first["isError"] and "deeper than" in first["result"], first
    assert second["isError"] and "Nothing was run" in second["result"], second
    assert not (session.folder / "f").exists()
    run = session.run(bash("echo x > f"), within=60)
    assert "allowsStartupFiles" in run.results[0]
    session.team.api.patch(f"/api/workspaces/{session.workspace}", {"allowsStartupFiles": True})
    session.run(bash("echo x > f"))
    assert (session.folder / "f").exists()
