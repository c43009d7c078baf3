// The ETag and the checksum of an object from those of its parts. Pure.
//
//     ETag          MD5 of the parts' MD5s, and "-N" for N parts
//     COMPOSITE     the algorithm over the parts' checksums, and "-N"
//     FULL_OBJECT   that of all bytes: CRCs can be combined
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/object_record.hpp"

namespace onput::storage {

inline constexpr std::string_view composite = "COMPOSITE";
inline constexpr std::string_view full_object = "FULL_OBJECT";
// What is kept where the client asked for nothing.
inline constexpr std::string_view default_algorithm = "CRC64NVME";

// Of an algorithm in S3's spelling; empty when there is none in the list.
std::string_view checksum_by(std::string_view algorithm,
                             const std::vector<schema::Checksum>& checksums);

// `invalid_request` unless the algorithm exists and can be of this type.
Result<void> check_checksum_type(std::string_view algorithm, std::string_view type);

// By the parts' etags, which are MD5s in hexadecimal: `corruption` when one is not.
Result<std::string> etag_of_parts(const std::vector<schema::PartRecord>& parts);

// "" for no parts' checksum of that algorithm: one that lacks it makes the whole lack it.
Result<std::string> checksum_of_parts(std::string_view algorithm, std::string_view type,
                                      const std::vector<schema::PartRecord>& parts);

}  // namespace onput::storage
