import Base
import Glibc

Shutdown.prepare()
Memory.keepLittle()
var environment = Environment.process()
do {
    let sidecar = try Composition(SidecarConfig(&environment))
    // SIGTERM is a restart where someone keeps the sidecar running, SIGINT is the end in any case.
    if Shutdown.wait() == SIGTERM { sidecar.handOver() }
    exit(sidecar.stop() ? 0 : 1)
} catch let error as ConfigurationError {
    ConfigurationReport.exit(error)
} catch {
    Log.standardError(Array("upload-sidecar: cannot start: \(error)\n".utf8))
    exit(1)
}
