// The code of functions: zips, kept as objects of the function's account, in a bucket from where
// workers take them: where `onput function deploy` keeps its own.
//
//     ZipFile, or an object ──> checked ──> s3://onput-functions/<function>/<sha256>.zip
//
// A zip that is there already is not written again. Code that no function names any more stays: a
// version, or a job under way, may be of it.
#pragma once

#include "common/schema/function.hpp"
#include "services/gateway/aws/service.hpp"

namespace onput::gateway::lambda {

inline constexpr std::string_view code_bucket = "onput-functions";
// Of a zip: as Lambda's of one that is sent, and what is read of an object into memory.
inline constexpr std::size_t zip_bytes_max = 50UL * 1024 * 1024;
// Of its files, unpacked.
inline constexpr std::uint64_t unzipped_bytes_max = 262'144'000;
inline constexpr std::size_t zip_files_max = 50'000;
inline constexpr std::chrono::seconds code_location_lifetime = std::chrono::minutes(10);

// The code that `source` (ZipFile, or S3Bucket with S3Key and S3ObjectVersion) names, checked; and
// stored durably unless `stores` is false. Errors: invalid_argument, in Lambda's words: there is no
// source, or two; the zip is none, is too large, or has an entry that is refused
// (common/archive); the object is not there or not the caller's.
enum class CodeUse : std::uint8_t { store, check_only };
http::Task<Result<schema::FunctionCode>> take_code(aws::Call& call, const aws::Value& source,
                                                   std::string function, CodeUse use);

// A presigned URL of a function's zip, good for code_location_lifetime; empty when the caller's key
// is not known any more.
std::string code_location(const RequestContext& context, const schema::FunctionCode& code);

}  // namespace onput::gateway::lambda
