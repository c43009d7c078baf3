// How a version gets to an endpoint: what is asked, what follows from the answers.
#include "services/storage/replication/remote_session.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace onput::storage {
namespace {

using schema::ReplicatedPart;
using Kind = RemoteEnd::Kind;
constexpr const char* enabled =
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";

class RemoteSessionTest : public testing::Test {
protected:
    RemoteSessionTest() {
        replica.source = "photos";
        replica.key = "a b";
        replica.record = {.size_bytes = 5, .etag = "0123456789abcdef0123456789abcdef"};
        replica.record.sequencer = 7;
        replica.record.checksums = {{.algorithm = "CRC64NVME", .value = "AAAAAAAAAAA="}};
        replica.target.changes = {{.part = ReplicatedPart::whole, .sequencer = 7}};
        replica.bytes = "bytes";
    }
    void start(bool has_versions = true) {
        session = std::make_unique<RemoteSession>(
            replica, RemoteSession::Knowledge{.has_versions = has_versions}, now);
        session->start();
    }
    // "PUT tagging"
    [[nodiscard]] std::string asked() const {
        const auto& request = session->request();
        if (!request) return "end";
        return request->query.empty() ? request->method : request->method + " " + request->query;
    }
    [[nodiscard]] std::string header(std::string_view name) const {
        const auto& headers = session->request()->headers;
        const auto found =
            std::ranges::find(headers, name, [](const auto& entry) { return entry.first; });
        return found == headers.end() ? std::string() : found->second;
    }
    void answer(int status, std::string code = {}) {
        RemoteAnswer answer{.status = status};
        if (!code.empty()) answer.body = "<Error><Code>" + code + "</Code></Error>";
        session->on_answer(answer);
    }
    static std::string mark(std::uint64_t sequencer, std::string_view bucket = "photos") {
        return replica_mark_of(bucket, "a b", sequencer);
    }
    [[nodiscard]] Kind end() const { return session->end().kind; }
    [[nodiscard]] const std::string& reason() const { return session->end().reason; }

    RemoteReplica replica;
    std::unique_ptr<RemoteSession> session;
    Timestamp now = std::chrono::sys_days(std::chrono::year(2030) / 1 / 15);
};

TEST_F(RemoteSessionTest, an_object_is_put_where_there_is_none) {
    replica.record.metadata = {{"a", "b"}};
    replica.record.tags = {{.key = "k&", .value = "v w"}};
    replica.record.lock = {
        .mode = "GOVERNANCE", .retain_until = now + std::chrono::days(1), .has_legal_hold = true};
    replica.account = "123456789012";
    start(false);
    EXPECT_EQ(asked(), "GET versioning");
    session->on_answer({.status = 200, .body = enabled});
    EXPECT_EQ(asked(), "HEAD");
    EXPECT_EQ(header("x-amz-expected-bucket-owner"), "123456789012");
    answer(404);
    ASSERT_EQ(asked(), "PUT");
    EXPECT_EQ(header("If-None-Match"), "*");
    EXPECT_EQ(header("Content-MD5"), "ASNFZ4mrze8BI0VniavN7w==");
    EXPECT_EQ(header("x-amz-checksum-crc64nvme"), "AAAAAAAAAAA=");
    EXPECT_EQ(header("x-amz-meta-a"), "b");
    EXPECT_EQ(header("x-amz-meta-onput-replica"), mark(7));
    EXPECT_EQ(header("x-onput-replica"), "true");
    EXPECT_EQ(header("x-amz-tagging"), "k%26=v%20w");
    EXPECT_EQ(header("x-amz-object-lock-mode"), "GOVERNANCE");
    EXPECT_EQ(header("x-amz-object-lock-retain-until-date"), "2030-01-16T00:00:00.000Z");
    EXPECT_EQ(header("x-amz-object-lock-legal-hold"), "ON");
    EXPECT_EQ(session->request()->body, "bytes");
    session->on_answer({.status = 200, .version_id = "v1"});
    EXPECT_EQ(asked(), "end");
    EXPECT_EQ(end(), Kind::done);
    EXPECT_EQ(session->end().version_id, "v1");
    EXPECT_TRUE(session->known().has_versions);
}

TEST_F(RemoteSessionTest, a_bucket_without_versions_gets_nothing) {
    start(false);
    session->on_answer({.status = 200, .body = "<VersioningConfiguration/>"});
    EXPECT_EQ(asked(), "end");
    EXPECT_EQ(end(), Kind::failed);
    EXPECT_EQ(reason(), "DstBucketUnversioned");
}

TEST_F(RemoteSessionTest, what_is_there_is_replaced_as_it_was_seen_unless_it_is_newer) {
    start();
    session->on_answer({.status = 200, .etag = "\"e\"", .mark = mark(6)});
    EXPECT_EQ(asked(), "PUT");
    EXPECT_EQ(header("If-Match"), "\"e\"");
    answer(412, "PreconditionFailed");
    EXPECT_EQ(end(), Kind::again);

    start();
    session->on_answer({.status = 200, .etag = "\"e\"", .mark = mark(8)});
    EXPECT_EQ(asked(), "end");
    EXPECT_EQ(end(), Kind::failed);
    EXPECT_EQ(reason(), "SrcObjectNotEligible");

    // Another source, another count.
    start();
    session->on_answer({.status = 200, .etag = "\"e\"", .mark = mark(8, "others")});
    EXPECT_EQ(asked(), "PUT");
}

TEST_F(RemoteSessionTest, the_mark_of_another_key_says_nothing) {
    EXPECT_EQ(mark(7), "0000000000000007 photos " + std::string("c8687a08aa5d6ed2"));
    // The replica of "other" was copied to this key, metadata and all.
    for (const auto& copied : {replica_mark_of("photos", "other", 8), mark(8) + " ", mark(8) + "0",
                               std::string("0000000000000008 photos"), std::string()}) {
        start();
        session->on_answer({.status = 200, .etag = "\"e\"", .mark = copied});
        EXPECT_EQ(asked(), "PUT") << copied;
    }
    EXPECT_EQ(parse_replica_mark(mark(8), "photos", "a b"), 8u);
}

TEST_F(RemoteSessionTest, a_lost_answer_makes_no_second_version) {
    replica.record.tags = {{.key = "k", .value = "v"}};
    start();
    session->on_answer({.status = 200, .version_id = "v1", .etag = "\"e\"", .mark = mark(7)});
    // Tags that came since.
    EXPECT_EQ(asked(), "PUT tagging&versionId=v1");
    answer(200);
    EXPECT_EQ(asked(), "end");
    EXPECT_EQ(end(), Kind::done);
    EXPECT_EQ(session->end().version_id, "v1");
}

TEST_F(RemoteSessionTest, an_endpoint_without_conditional_writes_is_asked_without) {
    start();
    answer(404);
    EXPECT_EQ(header("If-None-Match"), "*");
    answer(501, "NotImplemented");
    ASSERT_EQ(asked(), "PUT");
    EXPECT_EQ(header("If-None-Match"), "");
    answer(501, "NotImplemented");
    EXPECT_EQ(end(), Kind::unreachable);
    EXPECT_FALSE(session->known().takes_conditions);
}

TEST_F(RemoteSessionTest, a_marker_is_made_where_the_key_is_seen) {
    replica.record.is_delete_marker = true;
    start();
    session->on_answer({.status = 200, .etag = "\"e\"", .mark = mark(6)});
    EXPECT_EQ(asked(), "DELETE");
    EXPECT_EQ(header("If-Match"), "\"e\"");
    session->on_answer({.status = 204, .version_id = "m"});
    EXPECT_EQ(end(), Kind::done);
    EXPECT_EQ(asked(), "end");
    start();
    answer(404);
    EXPECT_EQ(asked(), "end");
    EXPECT_EQ(end(), Kind::done);
}

TEST_F(RemoteSessionTest, parts_are_sent_as_they_were) {
    replica.bytes.reset();
    replica.checksum_algorithm = "CRC32";
    replica.record.checksum_type = "COMPOSITE";
    replica.parts = {{.number = 1, .offset = 0, .length = 3, .checksum = "AAAAAA=="},
                     {.number = 4, .offset = 3, .length = 2, .checksum = "BBBBBB=="}};
    start();
    answer(404);
    EXPECT_EQ(asked(), "POST uploads");
    EXPECT_EQ(header("x-amz-checksum-type"), "COMPOSITE");
    session->on_answer({.status = 200, .body = "<R><UploadId>u&amp;1</UploadId></R>"});
    EXPECT_EQ(asked(), "PUT partNumber=1&uploadId=u%261");
    EXPECT_EQ(header("x-amz-checksum-crc32"), "AAAAAA==");
    session->on_answer({.status = 200, .etag = "\"1\""});
    EXPECT_EQ(asked(), "PUT partNumber=4&uploadId=u%261");
    EXPECT_EQ(session->request()->range->offset, 3u);
    EXPECT_EQ(session->request()->range->length, 2u);
    session->on_answer({.status = 200, .etag = "\"4\""});
    EXPECT_EQ(asked(), "POST uploadId=u%261");
    EXPECT_EQ(header("If-None-Match"), "*");
    EXPECT_NE(session->request()->body.find("<PartNumber>4</PartNumber><ETag>&quot;4&quot;</ETag>"
                                            "<ChecksumCRC32>BBBBBB==</ChecksumCRC32>"),
              std::string::npos);
    // The head said that all is well before the error came.
    answer(200, "InternalError");
    EXPECT_EQ(asked(), "DELETE uploadId=u%261");
    answer(204);
    EXPECT_EQ(asked(), "end");
    EXPECT_EQ(end(), Kind::again);
}

TEST_F(RemoteSessionTest, what_changed_is_sent_to_the_version_that_was_made) {
    replica.target.changes = {{.part = ReplicatedPart::tags}, {.part = ReplicatedPart::legal_hold}};
    replica.target.replica_version = "v/1";
    replica.record.tags = {{.key = "<", .value = "&"}};
    replica.record.lock.has_legal_hold = true;
    start();
    EXPECT_EQ(asked(), "PUT tagging&versionId=v%2F1");
    EXPECT_NE(session->request()->body.find("<Key>&lt;</Key><Value>&amp;</Value>"),
              std::string::npos);
    EXPECT_FALSE(header("Content-MD5").empty());
    answer(200);
    EXPECT_EQ(asked(), "PUT legal-hold&versionId=v%2F1");
    answer(404, "NoSuchVersion");
    EXPECT_EQ(end(), Kind::failed);
    EXPECT_EQ(reason(), "DstObjectHardDeleted");
    // Of which version, nobody knows.
    replica.target.replica_version.clear();
    start();
    EXPECT_EQ(asked(), "end");
    EXPECT_EQ(reason(), "DstObjectHardDeleted");
}

TEST_F(RemoteSessionTest, refusals_are_for_good_or_for_now) {
    struct Row {
        int status;
        const char* code;
        Kind kind;
        const char* reason;
    };
    for (const Row& row : {
             Row{403, "AccessDenied", Kind::failed, "DstPutObjectNotPermitted"},
             Row{404, "NoSuchBucket", Kind::failed, "DstBucketNotFound"},
             Row{400, "MetadataTooLarge", Kind::failed, "DstPutObjectNotPermitted"},
             Row{403, "RequestTimeTooSkewed", Kind::again, nullptr},
             Row{403, "InvalidAccessKeyId", Kind::again, nullptr},
             Row{400, "BadDigest", Kind::again, nullptr},
             Row{409, "ConditionalRequestConflict", Kind::again, nullptr},
             Row{301, "PermanentRedirect", Kind::again, nullptr},
             Row{429, "SlowDown", Kind::unreachable, nullptr},
             Row{500, "InternalError", Kind::unreachable, nullptr},
             Row{503, "", Kind::unreachable, nullptr},
         }) {
        start();
        answer(404);
        answer(row.status, row.code);
        EXPECT_EQ(asked(), "end") << row.code;
        EXPECT_EQ(end(), row.kind) << row.code;
        if (row.reason == nullptr) continue;
        EXPECT_EQ(reason(), row.reason);
    }
    start();
    session->on_error({.code = ErrorCode::unavailable, .message = "nobody listens"});
    EXPECT_EQ(end(), Kind::unreachable);
    start();
    session->on_error({.code = ErrorCode::corruption, .message = "damaged"});
    EXPECT_EQ(end(), Kind::again);
}

TEST(RemoteSessionText, elements_are_found_in_what_others_wrote) {
    EXPECT_EQ(text_of_element("<a><Code>x &lt;&#39;</Code></a>", "Code"), "x <'");
    for (const char* text : {"", "<Code", "<Code>", "<Code></Code>", "</Code>"})
        EXPECT_EQ(text_of_element(text, "Code"), "") << text;
}

}  // namespace
}  // namespace onput::storage
