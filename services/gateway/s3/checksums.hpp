// The checksums that S3 has and we can compute: their names in headers and documents. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/digest.hpp"
#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::s3 {

struct ChecksumAlgorithm {
    std::string_view name;    // "CRC32", also in schema::Checksum.
    std::string_view header;  // "x-amz-checksum-crc32"
    DigestAlgorithm digest;
    std::size_t bytes = 0;
};

// What S3 computes where the client states nothing.
inline constexpr std::string_view default_checksum = "CRC64NVME";

std::span<const ChecksumAlgorithm> checksum_algorithms();
// Null when there is none of that name, or of that header.
const ChecksumAlgorithm* find_checksum_algorithm(std::string_view name);
const ChecksumAlgorithm* find_checksum_header(std::string_view header);

// "x-amz-checksum-crc32", of any name.
std::string checksum_header_of(std::string_view name);

// Whether a header of a request is a checksum, of whatever algorithm, and not only about one.
bool is_checksum_header(std::string_view header);

// The algorithm that x-amz-checksum-algorithm asks for, by name; empty without one.
Result<std::string> read_checksum_algorithm(const http::RequestHead& head);
// x-amz-checksum-type: "COMPOSITE" or "FULL_OBJECT"; empty without one.
Result<std::string> read_checksum_type(const http::RequestHead& head);

// Elements ChecksumCRC32, ... of a document.
void write_checksums(const std::vector<schema::Checksum>& checksums, aws::Value& parent);
std::vector<schema::Checksum> read_checksums(const aws::Value& parent);

}  // namespace onput::gateway::s3
