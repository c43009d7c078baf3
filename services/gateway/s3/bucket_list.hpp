// What ListBuckets asks for, and how it is written. Storage gives all buckets of an account; pages
// are cut here. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::s3 {

inline constexpr std::size_t list_buckets_max = 10'000;

struct BucketQuery {
    std::string account;
    std::string prefix;
    std::string region;  // bucket-region: only buckets of this one; empty: all.
    std::string after;   // Names up to this one were on earlier pages.
    std::size_t buckets_max = list_buckets_max;
};

// All but the account. invalid_argument when max-buckets is not 1 to 10,000, or bucket-region is
// neither a region of AWS nor `own_region`.
Result<BucketQuery> read_bucket_query(const std::vector<http::QueryParameter>& query,
                                      std::string_view own_region);

std::string render_bucket_list(const BucketQuery& wanted, const schema::BucketList& list);

}  // namespace onput::gateway::s3
