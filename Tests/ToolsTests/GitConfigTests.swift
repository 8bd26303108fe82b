import Testing
import Tools

@Suite struct `Settings of git` {
    private func dangers(_ text: String, depth: Int = 2) -> [String] {
        GitConfig(Array(text.utf8), depth: depth).dangers
    }

    @Test func `what git itself writes is harmless`() {
        let clone = """
            [core]
            \trepositoryformatversion = 0
            \tfilemode = true
            \tbare = false
            \tlogallrefupdates = true
            [remote "origin"]
            \turl = /srv/a b/lib
            \tfetch = +refs/heads/*:refs/remotes/origin/*
            [branch "main"]
            \tremote = origin
            \tmerge = refs/heads/main
            [submodule "lib"]
            \tactive = true
            \turl = /srv/lib
            # a remark
            [user]
            \tname = "Ada Lovelace"

            """
        #expect(dangers(clone) == [])
        #expect(dangers("[core]\n\tworktree = ../../../lib\n", depth: 4) == [])
        #expect(dangers("") == [])
    }

    @Test(arguments: [
        ("[core]\n fsmonitor = x\n", "core.fsmonitor"), ("[core]\nhooksPath=h\n", "core.hookspath"),
        ("[CORE]\nSSHCommand = x\n", "core.sshcommand"), ("[core]\neditor=x\n", "core.editor"),
        ("[core]\npager=x\n", "core.pager"), ("[alias]\nx = !touch y\n", "alias.x"),
        ("[filter \"a\"]\nclean = x\n", "filter.a.clean"),
        ("[diff]\nexternal=x\n", "diff.external"),
        ("[diff \"a\"]\ntextconv = x\n", "diff.a.textconv"),
        ("[merge \"a\"]\ndriver = x\n", "merge.a.driver"),
        ("[credential]\nhelper = x\n", "credential.helper"), ("[gpg]\nprogram=x\n", "gpg.program"),
        ("[include]\npath = x\n", "include.path"),
        ("[includeIf \"gitdir:/\"]\npath = x\n", "includeif.gitdir:/.path"),
        ("[remote \"o\"]\nuploadpack = x\n", "remote.o.uploadpack"),
        ("[remote \"o\"]\nurl = ext::sh -c x\n", "remote.o.url"),
        ("[remote \"o\"]\nurl = --upload-pack=x\n", "remote.o.url"),
        ("[remote]\nurl = x\n", "remote.url"), ("[core \"x\"]\nbare = true\n", "core.x.bare"),
        ("[submodule \"s\"]\nupdate = !x\n", "submodule.s.update"),
        ("[core]\nworktree = /home/ada\n", "core.worktree"),
        ("[core]\nworktree = ../../../x\n", "core.worktree"),
        (
            "[uploadpack]\npackObjectsHook=x\n",
            "uploadpack.packobjectshook"
        ), ("[new]\nthing = 1\n", "new.thing"),
    ])
    func `what may run a program is not`(_ text: String, _ name: String) {
        #expect(dangers(text) == [name])
    }

    @Test(arguments: [
        "[core] fsmonitor = x\n", "[core]\nbare = a\\\n  b\n", "x = y\n", "[core\nbare = true\n",
        "[a.b]\nc = d\n", "[core]\nbare = \"a\n", "\u{FEFF}[core]\nfsmonitor = x\n",
        "[core]]\nfsmonitor=x\n", "[remote \"a\\\"b\"]\nurl = x\n", "[core]\n=x\n",
    ])
    func `a file that is not understood counts as dangerous`(_ text: String) {
        #expect(dangers(text) != [])
    }

    @Test func `bytes that are no text count as dangerous`() {
        #expect(GitConfig([0x5B, 0xFF, 0x5D, 0x0A], depth: 1).dangers != [])
    }
}
