#include "services/gateway/s3/bucket_list.hpp"

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "services/gateway/s3/document.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/region.hpp"

namespace onput::gateway::s3 {
namespace {

using aws::Value;

std::string text_of(const std::vector<http::QueryParameter>& query, std::string_view name) {
    const auto* found = http::find_parameter(query, name);
    return found != nullptr ? found->value : std::string();
}

// The buckets asked for, one more than the page holds when there are more.
std::vector<const schema::BucketInfo*> choose(const BucketQuery& wanted,
                                              const schema::BucketList& list) {
    std::vector<const schema::BucketInfo*> chosen;
    for (const auto& bucket : list.buckets) {
        if (bucket.name <= wanted.after) continue;
        if (!wanted.region.empty() && bucket.region != wanted.region) continue;
        chosen.push_back(&bucket);
        if (chosen.size() > wanted.buckets_max) break;
    }
    return chosen;
}

}  // namespace

Result<BucketQuery> read_bucket_query(const std::vector<http::QueryParameter>& query,
                                      std::string_view own_region) {
    BucketQuery wanted;
    wanted.prefix = text_of(query, "prefix");
    wanted.region = text_of(query, "bucket-region");
    if (!wanted.region.empty() && !is_region(wanted.region, own_region)) {
        Error error{
            .code = ErrorCode::invalid_argument,
            .message = fmt::format("Argument value {} is not a valid AWS Region", wanted.region),
            .reason = {},
            .details = {{"ArgumentName", "bucket-region"}}};
        return std::unexpected(std::move(error));
    }
    if (const std::string most = text_of(query, "max-buckets"); !most.empty()) {
        wanted.buckets_max = parse_number<decltype(wanted.buckets_max)>(most).value_or(0);
        if (wanted.buckets_max < 1 || wanted.buckets_max > list_buckets_max) {
            return invalid_argument("Argument max-buckets must be an integer between 1 and 10000",
                                    "max-buckets", most);
        }
    }
    if (const std::string token = text_of(query, "continuation-token"); !token.empty()) {
        auto after = from_base64(token);
        if (!after) {
            return invalid_argument("The continuation token provided is incorrect",
                                    "continuation-token", token);
        }
        wanted.after = std::move(*after);
    }
    return wanted;
}

std::string render_bucket_list(const BucketQuery& wanted, const schema::BucketList& list) {
    auto chosen = choose(wanted, list);
    const bool has_more = chosen.size() > wanted.buckets_max;
    if (has_more) chosen.pop_back();
    Value result;
    result["Owner"]["ID"] = Value(auth::canonical_user_id(wanted.account));
    result["Buckets"] = Value(Value::List());
    for (const auto* bucket : chosen) {
        Value shown;
        shown["Name"] = Value(bucket->name);
        shown["CreationDate"] = Value(format_listed_time(bucket->created_at));
        shown["BucketRegion"] = Value(bucket->region);
        result["Buckets"].push_back(std::move(shown));
    }
    if (has_more) result["ContinuationToken"] = Value(to_base64(chosen.back()->name));
    if (!wanted.prefix.empty()) result["Prefix"] = Value(wanted.prefix);
    return render_result_of("ListBuckets", "ListAllMyBucketsResult", result);
}

}  // namespace onput::gateway::s3
