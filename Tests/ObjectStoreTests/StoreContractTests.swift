import Base
import Crypto
import Glibc
import ObjectStore
import Testing

/// What every store promises; see `ObjectStore`.
@Suite struct StoreContractTests {
    private static let megabyte = 1 << 20

    @Test(arguments: StoreKind.allCases, [0, 1, 4096, 300_000])
    func givesBackWhatWasPutFromMemory(kind: StoreKind, size: Int) throws {
        let fixture = try kind.make()
        let bytes = patternedBytes(size)
        try fixture.store.put(.memory(bytes), at: "tenants/t1/files/2026/11/object_1.bin")
        #expect(try fixture.store.size(of: "tenants/t1/files/2026/11/object_1.bin") == Int64(size))
        #expect(try fixture.bytes(of: "tenants/t1/files/2026/11/object_1.bin") == bytes)
    }

    @Test(arguments: StoreKind.allCases, [0, 1, 65_537, 17 * megabyte + 13])
    func givesBackWhatWasPutFromAFile(kind: StoreKind, size: Int) throws {
        let fixture = try kind.make()
        let bytes = patternedBytes(size)
        let path = fixture.scratch.file("spool", bytes)
        try fixture.store.put(.file(path, bytes), at: "a/b")
        #expect(try fixture.store.size(of: "a/b") == Int64(size))
        #expect(try fixture.bytes(of: "a/b") == bytes)
    }

    @Test(arguments: StoreKind.allCases)
    func puttingTheSameAgainIsDone(kind: StoreKind) throws {
        let fixture = try kind.make()
        let bytes = patternedBytes(5000)
        try fixture.store.put(.memory(bytes), at: "key")
        try fixture.store.put(.file(fixture.scratch.file("spool", bytes), bytes), at: "key")
        #expect(try fixture.bytes(of: "key") == bytes)
        #expect(try fixture.store.list(prefix: "", after: nil, limit: 9).map(\.size) == [5000])
    }

    @Test(arguments: StoreKind.allCases)
    func knowsNothingOfAMissingObject(kind: StoreKind) throws {
        let fixture = try kind.make()
        try fixture.store.put(.memory([1]), at: "dir/there")
        for key in ["missing", "dir/missing", "dir", "dir/there/below", "missing/below"] {
            #expect(try fixture.store.size(of: key) == nil)
            #expect(throws: ObjectStoreError.notFound) { try fixture.bytes(of: key) }
            #expect(throws: Never.self) { try fixture.store.remove(key) }
        }
        #expect(try fixture.bytes(of: "dir/there") == [1])
    }

    @Test(arguments: StoreKind.allCases)
    func removesAnObjectAndOnlyThat(kind: StoreKind) throws {
        let fixture = try kind.make()
        for key in ["a/b/one", "a/b/two", "a/three"] { try fixture.store.put(.memory([1, 2]), at: key) }
        for _ in 0..<2 { try fixture.store.remove("a/b/one") }
        #expect(try fixture.store.size(of: "a/b/one") == nil)
        #expect(try fixture.store.list(prefix: "", after: nil, limit: 9).map(\.key) == ["a/b/two", "a/three"])
        // A removed key can be used again.
        try fixture.store.put(.memory([3]), at: "a/b/one")
        #expect(try fixture.bytes(of: "a/b/one") == [3])
    }

    @Test(arguments: StoreKind.allCases)
    func aReaderCanStop(kind: StoreKind) throws {
        let fixture = try kind.make()
        try fixture.store.put(.memory(patternedBytes(3 * Self.megabyte)), at: "key")
        var calls = 0
        try fixture.store.read("key") { _ in
            calls += 1
            return false
        }
        #expect(calls == 1)
    }

    @Test(arguments: StoreKind.allCases)
    func listsInByteOrderFromPageToPage(kind: StoreKind) throws {
        let fixture = try kind.make()
        let keys = [
            "A", "a-b", "a.b", "a/0", "a/b", "a/b-c", "a/c/d", "a/c/e", "a0", "a_", "b/1", "b/10", "b/2", "tenants/x/1",
            "tenants/x-y", "z",
        ]
        for key in keys.reversed() { try fixture.store.put(.memory(Array(key.utf8)), at: key) }
        let sorted = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try fixture.store.list(prefix: "", after: nil, limit: 100).map(\.key) == sorted)
        for limit in [1, 2, 5] {
            var paged: [String] = []
            while true {
                let page = try fixture.store.list(prefix: "", after: paged.last, limit: limit)
                guard !page.isEmpty else { break }
                #expect(page.count <= limit)
                paged += page.map(\.key)
            }
            #expect(paged == sorted)
        }
        for prefix in ["a", "a/", "a/b", "a/c/", "b/1", "tenants/x", "tenants/x/", "none", "a//", "..", "../"] {
            #expect(
                try fixture.store.list(prefix: prefix, after: nil, limit: 100).map(\.key)
                    == sorted.filter { $0.hasPrefix(prefix) }, "prefix \(prefix)")
        }
        // The mark need not be a key that exists.
        #expect(
            try fixture.store.list(prefix: "a/", after: "a/b.", limit: 2).map(\.key) == ["a/c/d", "a/c/e"])
        #expect(try fixture.store.list(prefix: "a/", after: "b", limit: 9).isEmpty)
        #expect(try fixture.store.list(prefix: "", after: nil, limit: 0).isEmpty)
    }

    @Test(arguments: StoreKind.allCases)
    func listsSizeAndTime(kind: StoreKind) throws {
        let fixture = try kind.make()
        let before = SystemClock().now() - .seconds(2)
        try fixture.store.put(.memory(patternedBytes(77)), at: "key")
        let entry = try #require(try fixture.store.list(prefix: "key", after: nil, limit: 1).first)
        #expect(entry.size == 77)
        #expect(entry.modified > before && entry.modified < SystemClock().now() + .seconds(2))
    }

    @Test(arguments: StoreKind.allCases)
    func refusesMalformedKeys(kind: StoreKind) throws {
        // Refused before the store is even asked.
        let store = try kind.makeUnreachable().store
        let refused = ObjectStoreError.refused("the key is malformed")
        for key in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "../a", ".hidden", "a/.incoming", "ä", "a b",
            "a%2Fb", "a?b", "a#b", "a\\b", "a\0b", "a\nb", "日本", String(repeating: "a", count: 256),
            String(repeating: "a/", count: 600) + "a",
        ] {
            #expect(throws: refused) { try store.put(.memory([1]), at: key) }
            #expect(throws: refused) { try store.size(of: key) }
            #expect(throws: refused) { try store.remove(key) }
            #expect(throws: refused) { try store.read(key) { _ in true } }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRaceOfPutsEndsInOneWholeObject(kind: StoreKind) throws {
        let fixture = try kind.make()
        let contents = (0..<16).map { patternedBytes(100_000 + $0, seed: UInt64($0 + 1)) }
        // A store that tells what is new takes the first, one that does not takes all, the last to stay.
        let stored = Condition([[UInt8]]())
        let threads = contents.enumerated().map { number, bytes in
            WorkerThread(name: "put") {
                let path = fixture.scratch.file("spool\(number)", bytes)
                let content: ObjectContent = number.isMultiple(of: 2) ? .memory(bytes) : .file(path, bytes)
                let problem = failure { () throws(ObjectStoreError) in try fixture.store.put(content, at: "x/y/raced") }
                if problem == nil { stored.update { $0.append(bytes) } }
            }
        }
        for thread in threads { thread.join() }
        let found = try fixture.bytes(of: "x/y/raced")
        #expect(stored.withLock { $0.contains(found) })
        #expect(try fixture.store.list(prefix: "", after: nil, limit: 9).count == 1)
    }

    @Test(arguments: StoreKind.allCases)
    func putsAndRemovesMayRace(kind: StoreKind) throws {
        let fixture = try kind.make()
        let failures = Condition([String]())
        let threads = (0..<4).map { number in
            WorkerThread(name: "race") {
                for round in 0..<25 {
                    let key = "t/\(round % 3)/d/\(number)"
                    do {
                        try fixture.store.put(.memory([UInt8(number)]), at: key)
                        if try fixture.bytes(of: key) != [UInt8(number)] {
                            failures.update { $0.append("other bytes") }
                        }
                        try fixture.store.remove(key)
                    } catch { failures.update { $0.append("\(error)") } }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(failures.withLock { $0 } == [])
        #expect(try fixture.store.list(prefix: "", after: nil, limit: 9).isEmpty)
    }

    @Test(arguments: StoreKind.allCases, [10, 17 * megabyte])
    func refusesContentThatIsNotWhatItClaims(kind: StoreKind, size: Int) throws {
        let fixture = try kind.make()
        let bytes = patternedBytes(size)
        var changed = bytes
        changed[size / 2] ^= 1
        let memory = ObjectContent.memory(bytes)
        var contents = [ObjectContent.memory(changed).claiming(memory), .memory(bytes + [0]).claiming(memory)]
        for (number, wrong) in [changed, bytes + [0], bytes.dropLast()].enumerated() {
            contents.append(.file(fixture.scratch.file("spool\(number)", wrong), wrong).claiming(memory))
        }
        for content in contents {
            do {
                try fixture.store.put(content, at: "key")
                Issue.record("taken")
            } catch ObjectStoreError.corrupted {}
            #expect(try fixture.store.size(of: "key") == nil)
        }
        #expect(try fixture.store.list(prefix: "", after: nil, limit: 9).isEmpty)
    }

    @Test(arguments: StoreKind.allCases)
    func aMissingSourceIsNotAMissingObject(kind: StoreKind) throws {
        let fixture = try kind.make()
        let content = ObjectContent.file(fixture.scratch.path + "/none", [1, 2, 3])
        do {
            try fixture.store.put(content, at: "key")
            Issue.record("taken")
        } catch ObjectStoreError.unavailable {}
    }

    @Test(arguments: StoreKind.allCases)
    func checksItself(kind: StoreKind) throws {
        let fixture = try kind.make()
        try fixture.store.check()
        #expect(try fixture.store.list(prefix: "", after: nil, limit: 9).isEmpty)
    }

    @Test(arguments: StoreKind.allCases)
    func saysUnavailableWhenUnreachable(kind: StoreKind) throws {
        let store = try kind.makeUnreachable().store
        func expectUnavailable(_ body: () throws -> Void) throws {
            do {
                try body()
                Issue.record("no error")
            } catch ObjectStoreError.unavailable {}
        }
        try expectUnavailable { try store.put(.memory([1]), at: "key") }
        try expectUnavailable { _ = try store.size(of: "key") }
        try expectUnavailable { try store.remove("key") }
        try expectUnavailable { try store.read("key") { _ in true } }
        try expectUnavailable { _ = try store.list(prefix: "", after: nil, limit: 1) }
        try expectUnavailable { try store.check() }
    }
}
