/// Programs that no rule remembers, not even for the exact words: what they do to files, machines
/// and the world is each time another thing.
///
/// The list is a second line of defence. What is not on it is remembered word for word, and what an
/// allowed command may touch is the sandbox's matter.
public enum DangerousPrograms {
    /// Whether this command must be asked about each time.
    public static func contains(_ command: SimpleCommand) -> Bool {
        let name = command.programName
        if programs.contains(name) || name.hasPrefix("mkfs") { return true }
        guard let subcommands = dangerousSubcommands[name] else { return false }
        return command.words.dropFirst().contains { subcommands.contains($0) }
    }

    private static let programs: Set<String> = Set(
        [interpreters, runners, evaluators, destroyers, powers, network, machines].joined())

    /// They run what an argument or a file says.
    private static let interpreters = [
        "R", "Rscript", "ash", "awk", "bash", "bpython", "bun", "busybox", "clisp", "csh", "dash",
        "deno", "ed", "elixir", "elvish", "emacs", "erl", "eval", "ex", "expect", "fish", "gawk",
        "gdb", "ghci", "gnuplot", "groovy", "gs", "guile", "iex", "ipython", "irb", "java",
        "jshell", "julia", "kotlin", "ksh", "less", "lldb", "lua", "luajit", "m4", "man", "mariadb",
        "mawk", "mongosh", "more", "mysql", "nano", "node", "nodejs", "nu", "ocaml", "octave",
        "oksh", "osascript", "perl", "php", "posh", "psql", "pwsh", "pypy", "pypy3", "python",
        "qjs", "r", "racket", "rbash", "rc", "redis-cli", "ruby", "runghc", "sash", "sbcl", "scala",
        "sed", "sh", "source", "sqlite", "swipl", "tclsh", "tcsh", "toybox", "ts-node", "tsx", "vi",
        "view", "vim", "wish", "xonsh", "yash", "zsh", "zx",
    ]

    /// They run another program that their arguments name.
    private static let runners = [
        ".", "at", "batch", "bpftrace", "builtin", "bunx", "cgexec", "chronic", "chrt", "command",
        "coproc", "crontab", "dbus-run-session", "dtach", "eatmydata", "enable", "entr", "env",
        "exec", "fakeroot", "faketime", "fd", "fdfind", "find", "firejail", "flock", "gosu",
        "hyperfine", "ionice", "ltrace", "newgrp", "nice", "nodemon", "nohup", "npx", "numactl",
        "parallel", "patch", "perf", "pipx", "prlimit", "proot", "rlwrap", "run-parts", "runcon",
        "schroot", "screen", "script", "setarch", "setpriv", "setsid", "sg", "sponge", "ssh-agent",
        "start-stop-daemon", "stdbuf", "strace", "tar", "taskset", "time", "timeout", "tmux",
        "trap", "unbuffer", "uvx", "valgrind", "watch", "watchexec", "xargs", "xvfb-run",
    ]

    /// Builtins of bash that evaluate a name such as `a[$(command)]`, also when it was quoted.
    private static let evaluators = [
        "declare", "getopts", "let", "local", "mapfile", "printf", "read", "readarray", "readonly",
        "test", "typeset", "unset", "wait",
    ]

    /// They destroy what no undo brings back, or change who may do what.
    private static let destroyers = [
        "7z", "chattr", "chgrp", "chmod", "chown", "cp", "cpio", "csplit", "dd", "fallocate",
        "fdisk", "install", "kill", "killall", "ln", "mkfifo", "mknod", "mount", "mv", "parted",
        "pax", "pkill", "rm", "rmdir", "rsync", "setcap", "setfacl", "shred", "split", "srm",
        "swapoff", "tee", "truncate", "umount", "unlink", "unzip", "wipefs", "zip",
    ]

    /// They act as somebody else or outside the sandbox's walls.
    private static let powers = [
        "alias", "apt", "apt-get", "bwrap", "chroot", "dnf", "doas", "dpkg", "export", "halt",
        "init", "insmod", "modprobe", "nsenter", "pacman", "passwd", "pkexec", "poweroff", "reboot",
        "rpm", "runuser", "service", "shutdown", "snap", "su", "sudo", "sysctl", "systemctl",
        "systemd-run", "unshare", "useradd", "usermod", "visudo", "yum",
    ]

    /// They send data away or bring code in.
    private static let network = [
        "aria2c", "curl", "ftp", "mail", "nc", "ncat", "netcat", "nmap", "openssl", "scp",
        "sendmail",
        "sftp", "socat", "ssh", "telnet", "wget",
    ]

    /// They rule other machines and containers.
    private static let machines = [
        "ansible", "ansible-playbook", "aws", "az", "docker", "gcloud", "helm", "kubectl",
        "nerdctl",
        "podman", "terraform", "vagrant", "virsh",
    ]

    /// Programs that are harmless but for some of their subcommands, wherever those stand.
    private static let dangerousSubcommands: [String: Set<String>] = [
        "cmake": ["-E", "-P"],
        "cargo": ["install", "login", "publish", "yank"],
        "gem": ["install", "push", "yank"],
        "git": [
            "-c", "am", "apply", "archive", "bisect", "checkout", "clean", "clone", "config",
            "credential", "daemon", "difftool", "fetch", "filter-branch", "for-each-repo", "gc",
            "hook", "instaweb", "mergetool", "mv", "prune", "pull", "push",
            "rebase", "receive-pack", "reflog", "remote", "replace", "reset", "restore", "rm",
            "send-email", "shell", "stash", "submodule", "switch", "update-ref", "upload-pack",
            "web--browse", "worktree",
        ],
        "go": ["generate", "install", "run"],
        "npm": [
            "ci", "config", "exec", "explore", "install", "login", "publish", "unpublish", "x",
        ],
        "pip": ["install", "uninstall"],
        "swift": ["-e", "repl", "run"],
        "pnpm": ["dlx", "exec", "publish"],
        "yarn": ["dlx", "exec", "publish"],
    ]
}
