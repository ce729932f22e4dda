import Base
import Glibc

Shutdown.prepare()
Memory.keepLittle()
var environment = Environment.process()
do {
    let sidecar = try Composition(SidecarConfig(&environment))
    _ = Shutdown.wait()
    exit(sidecar.stop() ? 0 : 1)
} catch let error as ConfigurationError {
    for problem in error.problems { Log.standardError(Array("upload-sidecar: \(problem)\n".utf8)) }
    exit(78)  // EX_CONFIG of sysexits(3)
} catch {
    Log.standardError(Array("upload-sidecar: cannot start: \(error)\n".utf8))
    exit(1)
}
