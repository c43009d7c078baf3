// Regions of buckets. One address serves every region, as s3.amazonaws.com does: the endpoint's
// region is the one that a request is signed for, and a bucket is reached by requests that are
// signed for its own. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/auth/verify.hpp"
#include "common/base/result.hpp"

namespace onput::gateway::s3 {

// A region of AWS, or the `own` one of this instance, which may have any name.
bool is_region(std::string_view name, std::string_view own);

struct RegionChoice {
    std::string_view constraint;  // The bucket's LocationConstraint; empty: none.
    std::string_view endpoint;    // What the request is signed for; empty: SigV2 does not say.
    std::string_view own;         // This instance's.
};
// Where a new bucket goes. In us-east-1, and where the signature says nothing, a constraint may
// name any region but us-east-1; elsewhere it must name the endpoint's. "EU" is eu-west-1, and an
// endpoint "US" us-east-1.
// invalid_argument: invalid_location_constraint, illegal_location_constraint.
Result<std::string> choose_region(const RegionChoice& choice);

// Storage's `wrong_region` in S3's words, by where the signature stands. Any other error is itself.
Error in_words_of_region(Error error, const auth::Identity& identity);

}  // namespace onput::gateway::s3
