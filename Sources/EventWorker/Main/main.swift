import Base

Shutdown.prepare()
do {
    let worker = try Composition(environment: .process())
    let threads = worker.start()
    worker.log.info("ready", ["signal.stop": "SIGTERM"])
    let signal = Shutdown.wait()
    worker.log.info("stopping", ["signal": .integer(Int64(signal))])
    worker.stop(threads)
} catch {
    ConfigurationReport.exit(error)
}
