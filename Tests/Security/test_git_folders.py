"""Git in a worktree, a submodule and a folder of another owner works; a `.git` that lies does not."""

import os

import pytest

from support.conversation import Conversation, bash
from test_startup_files import git, repository  # noqa: F401

COMMIT = ("echo more >> file.txt && git -c user.name=a -c user.email=a@b commit -qam more && "
          "git log --oneline | wc -l")


def test_git_works_in_a_worktree(team, repository, tmp_path):  # noqa: F811
    tree = tmp_path / "tree"
    git(repository, "worktree", "add", "-q", "-b", "topic", str(tree))
    session = Conversation(team, tree)
    run = session.run(bash("git status --short"), bash(COMMIT), bash(
        f"echo x >> {repository}/.git/config; echo x > {repository}/.git/hooks/pre-commit; "
        f"ls -A {repository}; cat {repository}/file.txt"))
    assert run.results[1].strip() == "2", run
    assert "one" not in run.results[2], "of the repository, only its git folder"
    assert "x" not in git(repository, "config", "--list").split()
    assert not (repository / ".git/hooks/pre-commit").exists()
    assert git(repository, "log", "--oneline", "topic").count("\n") == 2


def test_git_reads_in_a_worktree_and_writes_nothing_in_safe_mode(team, repository, tmp_path):  # noqa: F811
    tree = tmp_path / "tree"
    git(repository, "worktree", "add", "-q", "-b", "topic", str(tree))
    run = Conversation(team, tree, "safe").run(
        bash("git log --oneline"), bash(COMMIT), bash(f"touch {repository}/.git/x"))
    assert "first" in run.results[0], run
    assert run.of("tool_result")[1]["isError"] and run.of("tool_result")[2]["isError"], run
    assert git(repository, "log", "--oneline", "topic").count("\n") == 1


def test_git_works_in_a_submodule(team, repository, tmp_path):  # noqa: F811
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "add", "-q", str(repository), "inner")
    git(outer, "commit", "-qm", "with inner")
    run = Conversation(team, outer / "inner").run(bash("git status"), bash(COMMIT))
    assert run.results[1].strip() == "2", run
    run = Conversation(team, outer).run(bash("git -C inner log --oneline"), bash(
        "echo x >> .git/modules/inner/config"))
    assert "first" in run.results[0] and run.of("tool_result")[1]["isError"], run


@pytest.mark.usefixtures("root")
def test_git_works_in_a_folder_of_another_owner(team, repository):  # noqa: F811
    for folder, _, files in os.walk(repository):
        for name in ["", *files]:
            os.chown(os.path.join(folder, name), 12345, 12345)
    run = Conversation(team, repository).run(bash("git status && git log --oneline"))
    assert "first" in run.results[0], run


@pytest.mark.parametrize("how", ["straight", "commondir", "forged", "link", "worktree of another"])
def test_a_git_file_that_lies_brings_nothing_in(team, repository, tmp_path, how):  # noqa: F811
    """`.git` names a folder that does not name this one back."""
    victim = tmp_path / "victim"
    victim.mkdir()
    git(victim, "init", "-q")
    (victim / ".git" / "secret.txt").write_text("the secret\n")
    work = tmp_path / "evil"
    work.mkdir()
    if how == "straight":
        (work / ".git").write_text(f"gitdir: {victim}/.git\n")
    elif how == "commondir":
        (work / "g").mkdir()
        (work / "g" / "commondir").write_text(f"{victim}/.git\n")
        (work / "g" / "gitdir").write_text(f"{work}/.git\n")
        (work / "g" / "HEAD").write_text("ref: refs/heads/main\n")
        (work / ".git").write_text("gitdir: g\n")
    elif how == "forged":
        (work / "worktrees" / "x").mkdir(parents=True)
        (work / "worktrees" / "x" / "commondir").write_text(f"{victim}/.git\n")
        (work / "worktrees" / "x" / "gitdir").write_text(f"{work}/.git\n")
        (work / ".git").write_text(f"gitdir: {work}/worktrees/x\n")
    elif how == "link":
        (work / ".git").symlink_to(victim / ".git")
    else:
        git(repository, "worktree", "add", "-q", "-b", "t", str(tmp_path / "tree"))
        (work / ".git").write_text(f"gitdir: {repository}/.git/worktrees/tree\n")
        victim = repository
        (victim / ".git" / "secret.txt").write_text("the secret\n")
    run = Conversation(team, work).run(bash(f"cat {victim}/.git/secret.txt; ls -la {victim}/.git"))
    assert run.reason == "complete" and "the secret" not in repr(run.events[3:]), run
    assert "No such file" in run.results[0], run
