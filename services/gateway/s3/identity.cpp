#include "services/gateway/s3/identity.hpp"

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::gateway::s3 {

std::string canonical_user_id(std::string_view account) {
    return to_hex(
        Digest::of(DigestAlgorithm::sha256, "onput canonical user " + std::string(account)));
}

}  // namespace onput::gateway::s3
