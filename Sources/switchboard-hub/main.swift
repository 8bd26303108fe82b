print("switchboard-hub")
