print("switchboard-fcgi")
