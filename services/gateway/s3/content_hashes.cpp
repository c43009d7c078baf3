#include "services/gateway/s3/content_hashes.hpp"

#include "common/base/encoding.hpp"

namespace onput::gateway::s3 {

std::vector<schema::Checksum> ContentHashes::take_checksums() {
    std::vector<schema::Checksum> taken;
    for (auto& checksum : checksums) {
        taken.push_back({.algorithm = std::move(checksum.algorithm),
                         .value = to_base64(checksum.digest.finish())});
    }
    return taken;
}

}  // namespace onput::gateway::s3
