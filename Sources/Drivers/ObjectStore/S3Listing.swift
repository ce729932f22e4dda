import Base

/// One page of the answer to ListObjectsV2.
struct S3Listing {
    let objects: [StoredObject]
    let isTruncated: Bool

    /// Nil when the body is not such an answer, whole.
    init?(_ body: [UInt8]) {
        guard let root = XMLElement(parsing: body), root.name == "ListBucketResult",
            let truncated = root["IsTruncated"]?.text
        else { return nil }
        var objects: [StoredObject] = []
        for entry in root.children where entry.name == "Contents" {
            guard let key = entry["Key"]?.text, let size = entry["Size"].flatMap({ Int64($0.text) }),
                let modified = entry["LastModified"].flatMap({ Timestamp($0.text) })
            else { return nil }
            objects.append(StoredObject(key: key, size: size, modified: modified))
        }
        self.objects = objects
        isTruncated = truncated == "true"
    }
}
