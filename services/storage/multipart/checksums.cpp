#include "services/storage/multipart/checksums.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/crc_combine.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::storage {
namespace {

struct Algorithm {
    std::string_view name;
    DigestAlgorithm digest;
    bool is_crc;        // So that it can be of the full object.
    bool is_composite;  // It can be of the parts' checksums.
};
constexpr std::array algorithms{
    Algorithm{"CRC32", DigestAlgorithm::crc32, true, true},
    Algorithm{"CRC32C", DigestAlgorithm::crc32c, true, true},
    Algorithm{"CRC64NVME", DigestAlgorithm::crc64nvme, true, false},
    Algorithm{"SHA1", DigestAlgorithm::sha1, false, true},
    Algorithm{"SHA256", DigestAlgorithm::sha256, false, true},
};

const Algorithm* find_algorithm(std::string_view name) {
    const auto* found = std::ranges::find(algorithms, name, &Algorithm::name);
    return found == algorithms.end() ? nullptr : found;
}

std::unexpected<Error> invalid_request(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "invalid_request");
}

}  // namespace

std::string_view checksum_by(std::string_view algorithm,
                             const std::vector<schema::Checksum>& checksums) {
    const auto found = std::ranges::find(checksums, algorithm, &schema::Checksum::algorithm);
    return found == checksums.end() ? std::string_view() : std::string_view(found->value);
}

Result<void> check_checksum_type(std::string_view algorithm, std::string_view type) {
    const Algorithm* known = find_algorithm(algorithm);
    if (known == nullptr) {
        return invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid "
            "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
    }
    const bool fits = type == composite ? known->is_composite : known->is_crc;
    if (fits && (type == composite || type == full_object)) return {};
    return invalid_request(
        fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.", type,
                    lower_case(algorithm)));
}

Result<std::string> etag_of_parts(const std::vector<schema::PartRecord>& parts) {
    Digest digest(DigestAlgorithm::md5);
    for (const auto& part : parts) {
        const auto bytes = from_hex(part.etag);
        if (!bytes) return fail(ErrorCode::corruption, "the etag of a part is no MD5");
        digest.update(*bytes);
    }
    return fmt::format("{}-{}", to_hex(digest.finish()), parts.size());
}

Result<std::string> checksum_of_parts(std::string_view algorithm, std::string_view type,
                                      const std::vector<schema::PartRecord>& parts) {
    const Algorithm* known = find_algorithm(algorithm);
    if (known == nullptr || parts.empty()) return std::string();
    std::string joined;
    CrcCombiner combined(known->digest);
    for (const auto& part : parts) {
        const std::string_view text = checksum_by(algorithm, part.checksums);
        if (text.empty()) return std::string();
        const auto bytes = from_base64(text);
        if (!bytes) return fail(ErrorCode::corruption, "the checksum of a part is not base64");
        if (type == composite) {
            joined += *bytes;
        } else {
            combined.append(*bytes, part.size_bytes);
        }
    }
    if (type == full_object) return to_base64(combined.crc());
    return fmt::format("{}-{}", to_base64(Digest::of(known->digest, joined)), parts.size());
}

}  // namespace onput::storage
