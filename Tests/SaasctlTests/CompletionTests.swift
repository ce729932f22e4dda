import Glibc
import Testing

@testable import saasctl

extension SaasctlSuite {
    @Suite struct CompletionTests {
        /// What bash offers for a line; the last word is being typed.
        private func offers(_ words: String...) throws -> Set<Substring> {
            let script = try Saasctl(environment: [:]).run("completion", "bash").output
            let line = words.map { "'\($0)'" }.joined(separator: " ")
            let test = """
                \(script)
                COMP_WORDS=(saasctl \(line)); COMP_CWORD=\(words.count); _saasctl; printf '%s\\n' "${COMPREPLY[@]}"
                """
            let path = "/tmp/saasctl-completion-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            let file = try #require(fopen(path, "w"))
            fputs(test, file)
            fclose(file)
            defer { unlink(path) }
            let pipe = try #require(popen("bash \(path)", "r"))
            defer { pclose(pipe) }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = fread(&bytes, 1, bytes.count, pipe)
            return Set(String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n"))
        }

        @Test func wordsAndOptionsOfEveryCommandAreOffered() throws {
            #expect(try offers("ten") == ["tenants"])
            #expect(try offers("tenants", "su") == ["suspend"])
            #expect(try offers("tenants", "purge", "0000", "--") == ["--now", "--json", "--help"])
            #expect(try offers("completion", "") == ["bash", "zsh", "--help"])
        }

        @Test func scriptForZshUsesItsOwnAdapter() throws {
            let outcome = try Saasctl(environment: [:]).run("completion", "zsh")
            #expect(outcome.status == 0 && outcome.output.hasPrefix("autoload -U bashcompinit"))
            #expect(try Saasctl(environment: [:]).run("completion", "fish").status == 64)
        }
    }
}
