/// Programs that no rule remembers, because an approval of one use says nothing about the next.
///
/// The list is a second line of defence: what an allowed command may touch is the sandbox's matter.
public enum DangerousPrograms {
    /// Whether this command must be asked about each time.
    public static func contains(_ command: SimpleCommand) -> Bool {
        let name = command.programName
        if programs.contains(name) || name.hasPrefix("mkfs") { return true }
        guard let subcommands = dangerousSubcommands[name] else { return false }
        return command.words.dropFirst().contains { subcommands.contains($0) }
    }

    private static let programs: Set<String> = Set(
        [interpreters, runners, destroyers, powers, network, machines].joined())

    /// They run what an argument or a file says.
    private static let interpreters = [
        "awk", "bash", "bun", "busybox", "csh", "dash", "deno", "ed", "emacs", "eval", "ex",
        "expect", "fish", "gawk", "gdb", "irb", "ksh", "less", "lua", "man", "mawk", "more", "nano",
        "node", "nodejs", "osascript", "perl", "php", "psql", "pwsh", "python", "rbash", "ruby",
        "sed", "sh", "source", "sqlite", "swipl", "tclsh", "toybox", "vi", "view", "vim", "zsh",
    ]

    /// They run another program that their arguments name.
    private static let runners = [
        ".", "at", "batch", "builtin", "bunx", "command", "crontab", "entr", "env", "exec", "find",
        "flock", "ionice", "ltrace", "nice", "nohup", "npx", "parallel", "pipx", "rlwrap",
        "run-parts", "script", "setarch", "setsid", "start-stop-daemon", "stdbuf", "strace", "tar",
        "taskset", "time", "timeout", "trap", "uvx", "watch", "xargs",
    ]

    /// They destroy what no undo brings back, or change who may do what.
    private static let destroyers = [
        "chattr", "chgrp", "chmod", "chown", "dd", "fdisk", "install", "kill", "killall", "ln",
        "mount", "mv", "parted", "pkill", "rm", "rmdir", "rsync", "setcap", "setfacl", "shred",
        "tee", "truncate", "umount", "unlink", "wipefs",
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
        "cargo": ["install", "login", "publish", "yank"],
        "gem": ["install", "push", "yank"],
        "git": [
            "-c", "bisect", "clean", "config", "filter-branch", "push", "rebase", "remote", "reset",
            "send-email", "submodule",
        ],
        "go": ["generate", "install", "run"],
        "npm": ["exec", "install", "login", "publish", "unpublish", "x"],
        "pip": ["install", "uninstall"],
        "pnpm": ["dlx", "exec", "publish"],
        "yarn": ["dlx", "exec", "publish"],
    ]
}
