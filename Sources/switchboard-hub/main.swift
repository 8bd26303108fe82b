import Hub

HubProcess.run()
