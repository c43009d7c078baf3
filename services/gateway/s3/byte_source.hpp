// ByteSource: bytes of an object on their way to storage: a request's body (body.hpp), or an object
// that is copied (stored_source.hpp).
//
//     while (piece = co_await source.read(n))         nothing may become visible yet
//         source.hashes().update(piece);
//     auto digests = source.finish();                 now all of it is verified
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/s3/content_hashes.hpp"

namespace onput::gateway::s3 {

struct BodyDigests {
    std::string md5_hex;
    std::vector<schema::Checksum> checksums;  // What the client stated first, then what we compute.
    std::uint64_t bytes = 0;
};

class ByteSource {
public:
    virtual ~ByteSource() = default;

    // How many there will be, when it is known.
    [[nodiscard]] virtual std::optional<std::uint64_t> length() const = 0;
    // The next bytes, at most about `bytes_max`; empty at the end. Whoever has them hashes them.
    virtual Task<Result<std::string>> read(std::size_t bytes_max) = 0;
    // After read() has returned empty, and all that it gave was hashed.
    virtual Result<BodyDigests> finish() = 0;

    [[nodiscard]] ContentHashes& hashes() { return hashes_; }

protected:
    ByteSource() = default;
    ByteSource(ByteSource&&) = default;
    ByteSource& operator=(ByteSource&&) = default;

    ContentHashes hashes_;
};

}  // namespace onput::gateway::s3
