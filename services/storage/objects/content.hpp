// The bytes of objects, as they come with a put and as a read serves them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/schema/storage_objects.hpp"
#include "common/store/blobs.hpp"
#include "services/storage/encryption/object_key.hpp"
#include "services/storage/objects/segment.hpp"
#include "services/storage/objects/trash.hpp"

namespace onput::storage {

// How the bytes of a put are encrypted.
struct Sealing {
    schema::Encryption encryption =
        {};  // The object's; of a part nothing, since its upload has it.
    std::string nonce = {};
};

// Where the bytes of a put are: here, or in a sealed blob.
struct Content {
    std::string bytes;
    std::optional<store::BlobRef> blob;
    Sealing sealing = {};
};

// What a GET serves: `length` bytes from `offset` on, already in `bytes` or to be read from the
// segments: those that have some of them, in order.
struct Reading {
    schema::ObjectGot got;
    std::string bytes;
    StoredBytes stored;  // To be pinned while the segments are read.
    std::vector<Segment> segments;
    ObjectKey key = {};      // What opens the bytes.
    std::string nonce = {};  // Of `bytes`.
};

}  // namespace onput::storage
