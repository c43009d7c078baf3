#include "services/gateway/sqs/digest.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::sqs {
namespace {

TEST(SqsDigest, of_a_body_is_its_md5) {
    EXPECT_EQ(md5_of_body("Test"), "0cbc6611f5540bd0809a388dc95a615b");
    EXPECT_EQ(md5_of_body(""), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(SqsDigest, of_attributes_is_the_one_that_sqs_gives) {
    EXPECT_EQ(md5_of_attributes({{"MyAttribute", {.data_type = "String", .value = "foobar"}}}),
              "adb59cd4678ea5a855436b949cd07ab6");
}

TEST(SqsDigest, of_no_attributes_is_nothing) {
    EXPECT_EQ(md5_of_attributes({}), "");
}

TEST(SqsDigest, depends_on_type_and_kind_of_value) {
    const auto digest = [](const char* type) {
        return md5_of_attributes({{"a", {.data_type = type, .value = "1"}}});
    };
    EXPECT_NE(digest("String"), digest("Number"));
    EXPECT_NE(digest("Binary"), digest("String"));
    EXPECT_NE(digest("Number"), digest("Number.int"));
}

}  // namespace
}  // namespace onput::gateway::sqs
