#include "services/gateway/s3/bucket_list.hpp"

#include <charconv>

#include "common/base/encoding.hpp"
#include "common/base/time.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/identity.hpp"

namespace onput::gateway::s3 {
namespace {

std::string text_of(const std::vector<http::QueryParameter>& query, std::string_view name) {
    const auto* found = http::find_parameter(query, name);
    return found != nullptr ? found->value : std::string();
}

// The buckets asked for, one more than the page holds when there are more.
std::vector<const schema::BucketInfo*> choose(const BucketQuestion& question,
                                              const schema::BucketList& list) {
    std::vector<const schema::BucketInfo*> chosen;
    for (const auto& bucket : list.buckets) {
        if (bucket.name <= question.after) continue;
        if (!question.region.empty() && bucket.region != question.region) continue;
        chosen.push_back(&bucket);
        if (chosen.size() > question.buckets_max) break;
    }
    return chosen;
}

}  // namespace

Result<BucketQuestion> read_bucket_question(const std::vector<http::QueryParameter>& query) {
    BucketQuestion question;
    question.prefix = text_of(query, "prefix");
    question.region = text_of(query, "bucket-region");
    if (const std::string most = text_of(query, "max-buckets"); !most.empty()) {
        const char* end = most.data() + most.size();
        const auto [stop, error] = std::from_chars(most.data(), end, question.buckets_max);
        if (error != std::errc() || stop != end || question.buckets_max < 1 ||
            question.buckets_max > list_buckets_max) {
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
        question.after = std::move(*after);
    }
    return question;
}

std::string render_bucket_list(const BucketQuestion& question, const schema::BucketList& list) {
    auto chosen = choose(question, list);
    const bool has_more = chosen.size() > question.buckets_max;
    if (has_more) chosen.pop_back();
    aws::XmlWriter xml;
    xml.begin_in_namespace("ListAllMyBucketsResult", aws::s3_model().xml_namespace());
    xml.begin("Owner");
    xml.text("ID", canonical_user_id(question.account));
    xml.end("Owner");
    xml.begin("Buckets");
    for (const auto* bucket : chosen) {
        xml.begin("Bucket");
        xml.text("Name", bucket->name);
        xml.text("CreationDate", format_iso8601_millis(bucket->created_at));
        xml.text("BucketRegion", bucket->region);
        xml.end("Bucket");
    }
    xml.end("Buckets");
    if (has_more) xml.text("ContinuationToken", to_base64(chosen.back()->name));
    if (!question.prefix.empty()) xml.text("Prefix", question.prefix);
    xml.end("ListAllMyBucketsResult");
    return xml.take();
}

}  // namespace onput::gateway::s3
