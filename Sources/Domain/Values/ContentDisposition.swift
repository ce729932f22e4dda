import Base

/// The Content-Disposition of a download: RFC 6266, the name in UTF-8 by RFC 8187 beside an ASCII fallback.
package enum ContentDisposition {
    /// Always `attachment`: what people uploaded is saved, never run in our origin.
    package static func attachment(_ filename: Filename) -> String {
        // RFC 6266 appendix D: no escapes or percent signs in the fallback, since browsers read them differently.
        let fallback = String(
            String.UnicodeScalarView(
                filename.text.unicodeScalars.map { scalar in
                    (0x20..<0x7F).contains(scalar.value) && !"\"\\%".unicodeScalars.contains(scalar) ? scalar : "_"
                }))
        guard fallback != filename.text else { return "attachment; filename=\"\(fallback)\"" }
        return "attachment; filename=\"\(fallback)\"; filename*=UTF-8''\(PercentEncoding.encode(filename.text))"
    }
}
