#include "services/gateway/s3/checksums.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::array algorithms{
    ChecksumAlgorithm{"CRC32", "x-amz-checksum-crc32", DigestAlgorithm::crc32, 4},
    ChecksumAlgorithm{"CRC32C", "x-amz-checksum-crc32c", DigestAlgorithm::crc32c, 4},
    ChecksumAlgorithm{"CRC64NVME", "x-amz-checksum-crc64nvme", DigestAlgorithm::crc64nvme, 8},
    ChecksumAlgorithm{"SHA1", "x-amz-checksum-sha1", DigestAlgorithm::sha1, 20},
    ChecksumAlgorithm{"SHA256", "x-amz-checksum-sha256", DigestAlgorithm::sha256, 32},
};

// x-amz-checksum-* that say something about checksums and are none themselves.
constexpr std::array<std::string_view, 3> about_checksums{
    "x-amz-checksum-mode", "x-amz-checksum-type", "x-amz-checksum-algorithm"};

std::string element_of(std::string_view algorithm) {
    return fmt::format("Checksum{}", algorithm);
}

std::unexpected<Error> invalid_value(std::string_view header) {
    return onput::fail(ErrorCode::invalid_argument,
                       fmt::format("Value for {} header is invalid.", header), "invalid_request");
}

}  // namespace

std::span<const ChecksumAlgorithm> checksum_algorithms() {
    return algorithms;
}

const ChecksumAlgorithm* find_checksum_algorithm(std::string_view name) {
    const auto* found = std::ranges::find(algorithms, name, &ChecksumAlgorithm::name);
    return found != algorithms.end() ? found : nullptr;
}

const ChecksumAlgorithm* find_checksum_header(std::string_view header) {
    const auto* found = std::ranges::find_if(algorithms, [header](const auto& algorithm) {
        return equal_ignoring_case(algorithm.header, header);
    });
    return found != algorithms.end() ? found : nullptr;
}

std::string checksum_header_of(std::string_view name) {
    return fmt::format("x-amz-checksum-{}", lower_case(name));
}

bool is_checksum_header(std::string_view header) {
    constexpr std::string_view prefix = "x-amz-checksum-";
    return header.size() > prefix.size() && starts_with_ignoring_case(header, prefix) &&
           std::ranges::none_of(about_checksums, [header](std::string_view about) {
               return equal_ignoring_case(about, header);
           });
}

Result<std::string> read_checksum_algorithm(const http::RequestHead& head) {
    constexpr std::string_view header = "x-amz-checksum-algorithm";
    const auto sent = head.header(header);
    if (!sent) return std::string();
    for (const auto& algorithm : algorithms) {
        if (equal_ignoring_case(algorithm.name, *sent)) return std::string(algorithm.name);
    }
    static constexpr std::array<std::string_view, 5> of_newer_clients{"SHA512", "MD5", "XXHASH64",
                                                                      "XXHASH3", "XXHASH128"};
    for (const auto name : of_newer_clients) {
        if (equal_ignoring_case(name, *sent)) {
            return not_implemented(fmt::format("checksums by {}", name));
        }
    }
    return onput::fail(ErrorCode::invalid_argument,
                       "Checksum algorithm provided is unsupported. Please try again with any of "
                       "the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
                       "invalid_request");
}

Result<std::string> read_checksum_type(const http::RequestHead& head) {
    constexpr std::string_view header = "x-amz-checksum-type";
    const auto sent = head.header(header);
    if (!sent) return std::string();
    for (const char* type : {"COMPOSITE", "FULL_OBJECT"}) {
        if (equal_ignoring_case(type, *sent)) return std::string(type);
    }
    return invalid_value(header);
}

void write_checksums(const std::vector<schema::Checksum>& checksums, aws::Value& parent) {
    for (const auto& checksum : checksums) {
        parent[element_of(checksum.algorithm)] = aws::Value(checksum.value);
    }
}

std::vector<schema::Checksum> read_checksums(const aws::Value& parent) {
    std::vector<schema::Checksum> checksums;
    for (const auto& algorithm : algorithms) {
        const auto* element = parent.find(element_of(algorithm.name));
        const auto* text = element != nullptr ? element->text() : nullptr;
        if (text == nullptr || text->empty()) continue;
        checksums.push_back({.algorithm = std::string(algorithm.name), .value = *text});
    }
    return checksums;
}

}  // namespace onput::gateway::s3
