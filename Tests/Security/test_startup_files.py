"""What runs later, outside of the sandbox, cannot be changed from within, in any mode."""

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
