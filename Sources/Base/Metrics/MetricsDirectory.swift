import Glibc

/// The place where the processes of a host keep what they count: a file each, which its process holds a lock on for as
/// long as it lives (flock(2)).
///
/// Whoever is asked adds up the files of the living. What the dead have counted is moved to the file `retired`, so that
/// no sum goes down when a process is restarted or killed. All of this happens under the directory's own lock. Removing
/// the directory while nothing runs starts every count anew.
package struct MetricsDirectory: Sendable {
    private let path: String

    private static let suffix = ".live"

    /// Makes the directory when it is missing; nil when it cannot be used, which is no reason not to serve.
    package init?(_ path: String) {
        self.path = path
        if mkdir(path, 0o770) != 0, errno != EEXIST { return nil }
        guard access(path, R_OK | W_OK | X_OK) == 0 else { return nil }
    }

    /// A board for this process, under a name that begins with the program's; nil when there is no room for it.
    package func makeBoard(_ program: String) -> MetricsBoard? {
        locked {
            // Here too, so that a program that starts again and again leaves no heap of files where nobody asks.
            _ = foldTheDead()
            let name = "\(path)/\(program).\(getpid()).\(UInt32.random(in: 0 ... .max))\(Self.suffix)"
            let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o660)
            guard descriptor >= 0 else { return nil }
            // Room is taken now: a full disk would otherwise be a signal in the middle of a request.
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0,
                posix_fallocate(descriptor, 0, off_t(MetricsFile.bytes)) == 0,
                let map = MappedFile(descriptor: descriptor, bytes: MetricsFile.bytes)
            else {
                unlink(name)
                close(descriptor)
                return nil
            }
            // Left open on purpose: the lock ends with the process.
            return MetricsBoard(MetricsFile(making: map))
        } ?? nil
    }

    /// The shared table of tenants; nil when it cannot be mapped.
    package func makeTenantMeter() -> TenantMeter? {
        locked {
            let name = "\(path)/\(TenantMeter.fileName)"
            let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            guard posix_fallocate(descriptor, 0, off_t(TenantMeter.bytes)) == 0,
                let map = MappedFile(descriptor: descriptor, bytes: TenantMeter.bytes)
            else { return nil }
            return TenantMeter(map)
        } ?? nil
    }

    /// What all processes of the host have counted, those that have died included; gauges of the living alone.
    ///
    /// - Parameter tenants: is given the chance to choose anew which tenants have names.
    package func read(tenants: TenantMeter?) -> [MetricSeries] {
        let found = locked {
            let sums = addUp()
            return Array(sums.series.values) + (tenants?.read() ?? [])
        }
        return found ?? []
    }

    private func addUp() -> MetricSums {
        // The living come last: of a series whose bounds have changed theirs is the one to show.
        var (sums, folded) = foldTheDead()
        for name in files() where !folded.contains(name) {
            withFile(name) { file in for series in file.series { sums.add(series) } }
        }
        return sums
    }

    /// Moves what the dead have counted to `retired` and removes their files.
    ///
    /// - Returns: all that the dead have ever counted, and the files of theirs that are still there.
    private func foldTheDead() -> (MetricSums, folded: Set<String>) {
        var (retired, folded) = readRetired()
        var dead: Set<String> = []
        for name in files() {
            let descriptor = open("\(path)/\(name)", O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
            dead.insert(name)
            // One that was counted already, by a process that died before it could remove it.
            guard !folded.contains(name) else { continue }
            withFile(name) { file in
                for series in file.series where series.kind != .gauge { retired.add(series) }
            }
        }
        guard !dead.isEmpty, write(retired, folded: dead) else { return (retired, dead) }
        folded = dead.filter { unlink("\(path)/\($0)") != 0 }
        return (retired, folded)
    }

    /// Reads a process's file; one that is none is passed over.
    private func withFile(_ name: String, _ body: (MetricsFile) -> Void) {
        let descriptor = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard let map = MappedFile(descriptor: descriptor, bytes: MetricsFile.bytes, writable: false) else { return }
        defer { map.unmap() }
        if let file = MetricsFile(reading: map) { body(file) }
    }

    private func files() -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(Self.suffix) { names.append(name) }
        }
        return names.sorted()
    }

    /// A line for each series, and one for each file whose counts are in them.
    private func readRetired() -> (MetricSums, folded: Set<String>) {
        var sums = MetricSums()
        var folded: Set<String> = []
        for line in (TextFile.read("\(path)/retired") ?? "").split(separator: "\n") {
            if line.hasPrefix("folded ") {
                folded.insert(String(line.dropFirst("folded ".count)))
            } else if let series = MetricSeries.parse(line) {
                sums.add(series)
            }
        }
        return (sums, folded)
    }

    /// Replaces the file as a whole.
    private func write(_ sums: MetricSums, folded: Set<String>) -> Bool {
        let counted = sums.series.values.filter { $0.values.contains { $0 > 0 } }
        let lines = folded.map { "folded \($0)\n" } + counted.map(\.line)
        let bytes = Array(lines.joined().utf8)
        let descriptor = open("\(path)/retired.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o660)
        guard descriptor >= 0 else { return false }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            written += count
        }
        close(descriptor)
        return written == bytes.count && rename("\(path)/retired.new", "\(path)/retired") == 0
    }

    /// Nil when the lock cannot be had. Others hold it for milliseconds.
    private func locked<R>(_ body: () -> R) -> R? {
        let descriptor = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 { guard errno == EINTR else { return nil } }
        return body()
    }
}
