import Base
import Crypto
import Testing

@Suite struct Ed25519Tests {
    struct Vector: Sendable {
        let privateKey: String
        let publicKey: String
        let message: [UInt8]
        let signature: String
    }

    /// RFC 8032 section 7.1, tests 1 and 2; the raw keys in the encodings of RFC 8410.
    static let vectors = [
        Vector(
            privateKey: "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g",
            publicKey: "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", message: [],
            signature:
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"),
        Vector(
            privateKey: "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7",
            publicKey: "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=", message: [0x72],
            signature:
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00"),
    ]

    private static func pem(_ kind: String, _ text: String) -> String {
        "-----BEGIN \(kind)-----\n\(text)\n-----END \(kind)-----\n"
    }

    @Test(arguments: vectors) func signaturesAreRFC8032(vector: Vector) throws {
        let signing = try SigningKey(pem: Self.pem("PRIVATE KEY", vector.privateKey))
        let verifying = try VerifyingKey(pem: Self.pem("PUBLIC KEY", vector.publicKey))
        let signature = signing.sign(vector.message)
        #expect(Hex.encode(signature) == vector.signature)
        #expect(verifying.isValid(signature, for: vector.message))
        #expect(signing.verifyingKey.isValid(signature, for: vector.message))
    }

    @Test func changedSignaturesAndMessagesAreRefused() throws {
        let key = try SigningKey()
        let message = Array("grant".utf8)
        let signature = key.sign(message)
        let verifying = key.verifyingKey
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!verifying.isValid(changed, for: message))
        }
        #expect(!verifying.isValid(signature, for: message + [0]))
        #expect(!verifying.isValid(Array(signature.dropLast()), for: message))
        #expect(!verifying.isValid(signature + [0], for: message))
        #expect(!verifying.isValid([], for: message))
        #expect(!(try SigningKey().verifyingKey.isValid(signature, for: message)))
    }

    @Test func otherTextsAreNoKeys() {
        let encrypted = """
            MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiNqO3nl2/xIQICCAAw
            DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBV8D+XwUI/xRicElrzHldcEQN2A
            caCuH4oNgmg59nkwmjOOhCwGGBgKy00OwK5o1Al3VkX3ZSHlyDQlKBCEJ+XKbmly
            PTHQ57FyoJOQi8JuTrk=
            """
        // A key of X25519, the sister curve that cannot sign.
        let other = "MC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
        let texts = [
            "", "key", Self.pem("PRIVATE KEY", "AAAA"), Self.pem("PRIVATE KEY", other),
            Self.pem("PUBLIC KEY", Self.vectors[0].publicKey), Self.pem("ENCRYPTED PRIVATE KEY", encrypted),
        ]
        for text in texts { #expect(throws: CryptoError.badKey) { _ = try SigningKey(pem: text) } }
        #expect(throws: CryptoError.badKey) {
            _ = try VerifyingKey(pem: Self.pem("PRIVATE KEY", Self.vectors[0].privateKey))
        }
        #expect(throws: CryptoError.badKey) { _ = try VerifyingKey(pem: "") }
    }
}
