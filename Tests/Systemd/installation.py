"""Switchboard on a machine, to the letter of the README's "Install"."""

import json

import packages
from support.demo_model import MODEL_KEY
from support.waiting import eventually

UNITS = ("switchboard-hub", "switchboard-fcgi", "switchboard-ws@1", "switchboard-ws@2",
         "switchboard-agent@1")
HOST = "switchboard.test"
URL = f"https://{HOST}"
SITE = "/etc/nginx/sites-available/switchboard"
# A real server of the model's protocol; only the model behind it is a script.
MODEL = """[Unit]
Description=The model's endpoint

[Service]
ExecStart=/usr/bin/switchboard demo-model --port 9000
DynamicUser=yes

[Install]
WantedBy=multi-user.target
"""


class Installation:
    """The product on `machine`, installed when this is made and started by `start()`."""

    def __init__(self, machine, package=None):
        self.machine = machine
        self.install(package or packages.built())

    def install(self, package):
        """The package, over another version of it where there is one."""
        return self.machine.shell(f"dpkg --install {packages.in_machine(package)}")

    def configure(self):
        """What the package leaves to the admin: certificate, name, site, the model's key."""
        self.machine.shell(f"""
            cd /etc/switchboard/tls
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \\
                -subj /CN={HOST} -addext subjectAltName=DNS:{HOST} \\
                -keyout privkey.pem -out fullchain.pem 2>/dev/null
            cp -p /etc/ssl/certs/ca-certificates.crt /root
            cat fullchain.pem >> /etc/ssl/certs/ca-certificates.crt
            sed -i 's/server_name switchboard.example.com;/server_name {HOST};/' {SITE}
            ln -s ../sites-available/switchboard /etc/nginx/sites-enabled/switchboard
            umask 077
            echo {MODEL_KEY} > /etc/switchboard/secrets/anthropic-api-key
            echo ANTHROPIC_BASE_URL=http://127.0.0.1:9000 > /etc/switchboard/agent.env
            umask 022
            cat > /etc/systemd/system/model.service
            systemctl daemon-reload
            systemctl enable --now -q model.service
            """, input=MODEL)

    def forget(self):
        """What `configure` made, but for what belongs to the product."""
        self.machine.shell("""
            systemctl disable --now -q model.service
            rm /etc/systemd/system/model.service
            cp -p /root/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
            systemctl daemon-reload
            """)

    def start(self):
        self.machine.shell("""
            systemctl enable --now -q switchboard.target
            nginx -t -q
            systemctl reload-or-restart nginx
            """)
        self.answers()

    # What it is like

    def states(self):
        """ActiveState and SubState of each unit."""
        shown = self.machine.shell(
            f"systemctl show -P ActiveState -P SubState {' '.join(UNITS)}")
        return dict(zip(UNITS, (block.split() for block in shown.strip().split("\n\n"))))

    def all_run(self):
        return all(state == ["active", "running"] for state in self.states().values())

    def main_pid(self, unit):
        """As the machine numbers it; 0 while there is none."""
        return int(self.machine.shell(f"systemctl show -P MainPID {unit}"))

    def answers(self, within=60):
        """Wait until every unit runs and `/ready` says 200 through nginx."""
        within *= self.machine.patience
        eventually(self.all_run, within, every=0.2, what="every unit running")
        eventually(lambda: self.machine.run(
            "curl", "-sf", "-o", "/dev/null", f"{URL}/ready", check=False).returncode == 0,
            within, every=0.2, what="/ready answering 200")

    def journal(self, *options):
        """The messages of this boot, a line each."""
        # By the journal's own word: whoever asks the kernel may be told the boot of its host.
        boot = self.machine.json("journalctl", "-q", "-n", "1", "-o", "json")["_BOOT_ID"]
        return self.machine.run("journalctl", "-q", "-b", boot, "--no-pager", "-o", "cat",
                                *options).stdout.splitlines()

    # As a person uses it

    def cli(self, *arguments, **more):
        return self.machine.json("switchboard", *arguments, "--json", **more)

    def results(self, prompt, *options):
        """What the tools of one run answered, in a session of its own."""
        done = self.machine.run("switchboard", "send", prompt, "--mode", "allow-all", "--json",
                                *options, check=False, within=600)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        assert events and events[-1]["type"] == "complete", (events[-3:], done.stderr)
        return [event["result"] for event in events if event["type"] == "tool_result"]
