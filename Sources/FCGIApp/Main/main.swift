import Base

Shutdown.prepare()
do {
    let app = try Composition(environment: .process())
    let listeners = try app.listen()
    app.log.info("ready", ["signal.stop": "SIGTERM"])
    let signal = Shutdown.wait()
    app.log.info("stopping", ["signal": .integer(Int64(signal))])
    app.stop(listeners)
} catch {
    ConfigurationReport.exit(error)
}
