import FastCGIWorker

FastCGIWorker.run()
