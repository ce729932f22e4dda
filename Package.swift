// swift-tools-version: 6.2
import PackageDescription

/// One list of settings for every Swift target: strict imports, explicit existentials, warnings are errors.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A C library, reached through a module map under Sources/C and found by its pkg-config name.
func cLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// A Swift library target at `path` below Sources.
func library(
    _ name: String, path: String, _ dependencies: [Target.Dependency], resources: [Resource] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(path)", resources: resources, swiftSettings: strict)
}

/// An executable target at `path` below Sources.
func executable(_ name: String, path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/\(path)", swiftSettings: strict)
}

/// A test target in the folder of its own name below Tests.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "saas-documents",
    targets: [
        // C libraries: one Swift owner each. CLinux is header-only: system calls that Glibc's module lacks.
        .systemLibrary(name: "CLinux", path: "Sources/C/CLinux"),
        cLibrary("CFastCGI", pkgConfig: "fcgi", apt: "libfcgi-dev"),
        cLibrary("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
        cLibrary("CRdKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        cLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        cLibrary("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
        cLibrary("CMagic", pkgConfig: "libmagic", apt: "libmagic-dev"),
        // Its pkg-config file sets a macro, which SwiftPM does not take; the header lies where compilers look anyway.
        .systemLibrary(name: "CRedis", path: "Sources/C/CRedis", providers: [.apt(["libhiredis-dev"])]),
        cLibrary("CCrypt", pkgConfig: "libcrypt", apt: "libcrypt-dev"),
        cLibrary("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),

        // Base and drivers.
        library("Base", path: "Base", ["CLinux"]),
        library("Postgres", path: "Drivers/Postgres", ["Base", "CPostgres"]),
        library("FastCGI", path: "Drivers/FastCGI", ["Base", "CFastCGI", "CLinux"]),
        library("Crypto", path: "Drivers/Crypto", ["Base", "COpenSSL", "CCrypt"]),
        library("HTTP", path: "Drivers/HTTP", ["Base", "CCurl"]),
        library("Vault", path: "Drivers/Vault", ["Base", "HTTP"]),
        library("ObjectStore", path: "Drivers/ObjectStore", ["Base", "Crypto", "HTTP"]),
        library("Kafka", path: "Drivers/Kafka", ["Base", "CRdKafka"]),
        library("Redis", path: "Drivers/Redis", ["Base", "CRedis"]),
        library("Archive", path: "Drivers/Archive", ["CArchive"]),
        library("MediaSniffer", path: "Drivers/MediaSniffer", ["Base", "CMagic"]),

        // Where the programs' settings come from: environment, files, Vault.
        library("Configuration", path: "Configuration", ["Base", "Vault"]),

        // What FCGIApp and the sidecar agree on: the error table, the upload grant, the hand-off.
        library("Contract", path: "Contract", ["Base", "Crypto"]),

        // The product.
        library("Domain", path: "Domain", ["Base", "Contract", "Crypto"]),
        library(
            "Persistence", path: "Persistence", ["Base", "Contract", "Domain", "Postgres"],
            resources: [.embedInCode("Migrations")]),
        library("Storage", path: "Storage", ["Base", "Contract", "Crypto", "Domain", "ObjectStore"]),
        library("Limits", path: "Limits", ["Base", "Contract", "Domain", "Redis"]),
        library(
            "Backup", path: "Backup",
            ["Archive", "Base", "Contract", "Crypto", "Domain", "ObjectStore", "Persistence", "Postgres"]),
        library("Web", path: "FCGIApp/Web", ["Base", "Contract", "Domain"]),
        library(
            "UploadCore", path: "UploadSidecar/Core",
            ["Base", "CLinux", "Contract", "Crypto", "MediaSniffer", "ObjectStore"]),
        library("EventCore", path: "EventWorker/Core", ["Base", "Contract", "Domain"]),

        // Looks at stored content by tools and daemons of others.
        library("Inspection", path: "Inspection", ["Base", "Contract", "Domain"]),

        // Executables.
        executable(
            "FCGIApp", path: "FCGIApp/Main",
            [
                "Base", "Configuration", "Contract", "Crypto", "Domain", "FastCGI", "Limits", "ObjectStore",
                "Persistence",
                "Postgres", "Redis", "Storage", "Web",
            ]),
        executable(
            "UploadSidecar", path: "UploadSidecar/Main",
            ["Base", "Configuration", "Contract", "Crypto", "FastCGI", "MediaSniffer", "ObjectStore", "UploadCore"]),
        executable(
            "EventWorker", path: "EventWorker/Main",
            [
                "Base", "Configuration", "Contract", "Crypto", "Domain", "EventCore", "Inspection", "Kafka",
                "ObjectStore",
                "Persistence", "Postgres", "Storage",
            ]),
        executable(
            "saasctl", path: "saasctl",
            [
                "Backup", "Base", "Configuration", "Contract", "Crypto", "Domain", "HTTP", "Inspection", "ObjectStore",
                "Persistence", "Postgres", "Redis", "Storage", "Vault",
            ]),
        // A Kafka stand-in for tests: librdkafka's mock cluster in a process of its own.
        executable("KafkaMock", path: "KafkaMock", ["CRdKafka"]),

        // Benchmarks: a store that costs nothing, a responder that does nothing, and single parts in loops.
        .executableTarget(name: "bench-sink", path: "Benchmarks/Sink", swiftSettings: strict),
        .executableTarget(
            name: "bench-floor", dependencies: ["Base", "Crypto"], path: "Benchmarks/Floor", swiftSettings: strict),
        .executableTarget(
            name: "bench-micro",
            dependencies: ["Base", "Contract", "Crypto", "Domain", "TestSupport", "UploadCore", "Web"],
            path: "Benchmarks/Micro", swiftSettings: strict),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["Base", "Contract", "Crypto", "Domain", "Postgres"],
            path: "Tests/TestSupport", swiftSettings: strict),
        .target(
            name: "MultipartFuzz", dependencies: ["UploadCore"], path: "Tests/Fuzz/Core", swiftSettings: strict),
        .executableTarget(
            name: "multipart-fuzz", dependencies: ["Base", "MultipartFuzz", "UploadCore"], path: "Tests/Fuzz/Main",
            swiftSettings: strict),
        tests("BaseTests", ["Base"]),
        tests("ConfigurationTests", ["Base", "Configuration", "Vault"]),
        tests("PostgresTests", ["Base", "Postgres"]),
        tests("FastCGITests", ["Base", "FastCGI"]),
        tests("CryptoTests", ["Base", "Crypto"]),
        tests("ContractTests", ["Base", "Contract", "Crypto"]),
        tests("ObjectStoreTests", ["Base", "Crypto", "HTTP", "ObjectStore"]),
        tests("BackupTests", ["Archive", "Backup", "Base", "Contract", "Crypto", "Domain"]),
        tests("MediaSnifferTests", ["Base", "MediaSniffer"]),
        tests("KafkaTests", ["Base", "CRdKafka", "Kafka", "KafkaMock"]),
        tests("DomainTests", ["Base", "Contract", "Crypto", "Domain", "TestSupport"]),
        tests("WebTests", ["Base", "Contract", "Domain", "Web", "TestSupport"]),
        tests(
            "UploadCoreTests",
            ["Base", "Contract", "Crypto", "MediaSniffer", "MultipartFuzz", "ObjectStore", "UploadCore"]),
        tests("UploadSidecarTests", ["Base", "Contract", "Crypto", "FastCGI", "UploadSidecar"]),
        tests("InspectionTests", ["Base", "Contract", "Domain", "Inspection", "TestSupport"]),
        tests("EventCoreTests", ["Base", "Contract", "Domain", "EventCore", "TestSupport"]),
        tests(
            "SaasctlTests",
            ["Base", "Contract", "Crypto", "Domain", "HTTP", "Persistence", "Postgres", "TestSupport", "saasctl"]),
        tests(
            "DatabaseTests",
            [
                "Backup", "Base", "Contract", "Crypto", "Domain", "EventCore", "Limits", "ObjectStore", "Persistence",
                "Postgres", "Redis", "Storage", "TestSupport",
            ]),
    ]
)
