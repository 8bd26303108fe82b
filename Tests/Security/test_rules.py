"""What "always allow" remembered lets through what a person saw, and nothing else."""

import pytest

from support.conversation import bash

# What was allowed for good, then what an attacker makes of it.
STRETCHED = [
    ("make test", "make test -E '$(shell touch pwned)'"),
    ("make test", "make test -sf other.mk"),
    ("make test", "make test SHELL=./sh"),
    ("git branch", "git branch -D main"),
    ("git tag", "git tag -d v1"),
    ("uniq a", "uniq a b"),
    ("sort a", "sort a -ob"),
    ("sort a", "sort a --compress-program=./sh"),
    ("xxd a", "xxd a b"),
    ("npm run build", "npm run build --node-options=--require=./evil.js"),
    ("mvn test", "mvn test -Dexec.executable=sh"),
    ("go vet", "go vet -vettool=./sh"),
    ("gcc a.c", "gcc a.c @opts"),
    ("cargo test", "cargo test --config build.rustc-wrapper=./sh"),
    ("git log --oneline", "git log --oneline --output=pwned"),
    ("git log --oneline", "git log --oneline --output pwned"),
    ("git log --oneline", "git log --oneline --outpu=pwned"),
    ("git diff", "git diff --no-index --output=pwned a b"),
    ("git diff", "git diff --ext-diff"),
    ("git status", "git status --porcelain -- /etc"),
    ("rg x", "rg x --pre ./sh"),
    ("rg x", "rg x -z"),
    ("grep x a", "grep x a -f/etc/passwd"),
    ("tree", "tree -o pwned"),
    ("tree -L 1", "tree -L 1 -R -H ."),
    ("diff a b", "diff a b -l"),
    ("file a", "file a -C -m magic"),
    ("ls", "ls --hyperlink"),
    ("cat a", "cat a ../../secret"),
]


@pytest.mark.parametrize("allowed, tried", STRETCHED)
def test_always_allow_is_not_stretched_by_arguments(team, allowed, tried):
    session = team.make_session()["id"]
    path = f"/api/sessions/{session}"
    asked = team.ask(session, command=allowed)
    team.api.post(f"{path}/permissions/{asked['requestId']}",
                  {"allowed": True, "alwaysAllow": True}, status=200)
    rule, = team.api.get(f"{path}/rules")["items"]
    assert rule["remembers"] == asked["remembers"], "what was shown is what was remembered"
    team.ask(session, command=tried)
    waiting, = team.api.get(f"{path}/permissions")["items"]
    assert waiting["command"] == tried


def test_what_only_reads_may_be_followed_by_what_only_reads(talk):
    session = talk(mode="ask", permissionTimeoutMs=None)
    (session.folder / "a").write_text("x\n")
    session.say(bash("head -n 1 a"))
    question = session.asked()
    assert question["remembers"] == "head -n 1 a, also with further arguments that only read"
    session.answer(question["requestId"], alwaysAllow=True)
    session.ended()
    assert not session.run(bash("head -n 1 a -v -- a")).of("permission_request")
    session.say(bash("head -n 1 a /etc/passwd"))
    session.answer(session.asked()["requestId"], allowed=False)
    session.ended()


def test_a_question_of_which_nothing_can_be_remembered_says_nothing(talk):
    session = talk(mode="ask", permissionTimeoutMs=None)
    session.say(bash("rm -rf x"))
    question = session.asked()
    assert "remembers" not in question
    session.answer(question["requestId"], alwaysAllow=True)
    session.ended()
    assert session.team.api.get(f"{session.path}/rules")["items"] == []
