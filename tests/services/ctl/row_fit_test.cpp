// Every way in which rows may not fit each other is named with its object.
#include "services/ctl/row_fit.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

using schema::ObjectRecord;

struct Rows {
    static inline const std::string version{"v/b/old\0aaaaaaaa", 16};
    static inline const std::string version_data{"w/b/old\0aaaaaaaa", 16};
    std::map<std::string, std::string> rows;

    Rows() {
        put("o/b/small", ObjectRecord{.size_bytes = 5});
        rows["d/b/small"] = "hello";
        put("o/b/large", ObjectRecord{.size_bytes = 9, .blob = "0.1.9"});
        ObjectRecord parts{.size_bytes = 9};
        parts.manifest = "upload";
        put("o/b/parts", parts);
        put("x/upload",
            schema::ManifestRecord{.parts = {{.number = 1, .size_bytes = 6, .blob = "0.2.6"},
                                             {.number = 2, .size_bytes = 3, .blob = "0.3.3"}}});
        put(version, ObjectRecord{.size_bytes = 3});
        rows[version_data] = "old";
        rows[std::string("u/b/up\0id", 9)] = "an upload";
        put("y", schema::UsageMark{});
        put("y/b",
            schema::UsageRecord{.usage = {.objects = 3, .versions = 1, .bytes = 26, .uploads = 1}});
    }
    template <typename M>
    void put(const std::string& key, const M& message) {
        rows[key] = schema::encode(message);
    }
    [[nodiscard]] std::vector<std::string> faults() const {
        RowFit fit;
        for (const auto& [key, value] : rows) fit.see(key, value);
        fit.finish(true);
        if (fit.has_unnamed()) {
            for (const auto& [key, value] : rows) fit.name(key);
        }
        EXPECT_EQ(fit.fault_count(), fit.faults().size());
        return fit.faults();
    }
    [[nodiscard]] bool says(std::string_view words) const {
        return std::ranges::any_of(faults(),
                                   [words](const auto& fault) { return fault.contains(words); });
    }
};

TEST(RowFitTest, sound_rows_fit) {
    EXPECT_TRUE(Rows().faults().empty());
}

TEST(RowFitTest, names_what_does_not) {
    Rows rows;
    rows.rows.erase("d/b/small");
    EXPECT_TRUE(rows.says("the bytes of b/small are missing"));
    rows = Rows();
    rows.rows["d/b/small"] = "hell";
    EXPECT_TRUE(rows.says("b/small has 4 bytes and its row says 5"));
    rows = Rows();
    rows.rows["d/b/lost"] = "hello";
    EXPECT_TRUE(rows.says("bytes without an object, once of b/lost"));
    rows = Rows();
    rows.rows.erase(Rows::version_data);
    EXPECT_TRUE(rows.says("the bytes of an old version of b/old are missing"));
    rows = Rows();
    rows.rows.erase(Rows::version);
    EXPECT_TRUE(rows.says("bytes without an object, once of an old version of b/old"));
    rows = Rows();
    rows.rows.erase("x/upload");
    EXPECT_TRUE(rows.says("the manifest of b/parts is missing"));
    rows = Rows();
    rows.rows["x/upload"] = "?";
    EXPECT_TRUE(rows.says("the manifest of b/parts is damaged"));
    rows = Rows();
    rows.rows["o/b/large"] = "?";
    EXPECT_TRUE(rows.says("the row of b/large is damaged"));
    rows = Rows();
    rows.rows[Rows::version] = "?";
    EXPECT_TRUE(rows.says("the row of an old version of b/old is damaged"));
}

TEST(RowFitTest, names_lengths_that_contradict_each_other) {
    Rows rows;
    rows.put("o/b/large", ObjectRecord{.size_bytes = 9, .blob = "0.1.8"});
    EXPECT_TRUE(rows.says("the row of b/large contradicts itself"));
    rows = Rows();
    rows.put(Rows::version, ObjectRecord{.size_bytes = 3, .blob = "?"});
    EXPECT_TRUE(rows.says("the row of an old version of b/old contradicts itself"));
    rows = Rows();
    rows.put("p/u1/00001", schema::PartRecord{.size_bytes = 9, .blob = "0.1.8"});
    EXPECT_TRUE(rows.says("the row of a part of upload u1 contradicts itself"));
    rows = Rows();
    rows.put("x/upload",
             schema::ManifestRecord{.parts = {{.number = 1, .size_bytes = 6, .blob = "0.2.6"}}});
    EXPECT_TRUE(rows.says("the parts of b/parts have 6 bytes and its row says 9"));
    rows.put("x/upload",
             schema::ManifestRecord{.parts = {{.number = 1, .size_bytes = 9, .blob = "0.2.6"}}});
    EXPECT_TRUE(rows.says("the manifest of b/parts contradicts itself: part 1"));
}

TEST(RowFitTest, counts_are_compared_once_they_are_kept) {
    Rows rows;
    rows.put("o/b/more", ObjectRecord{.size_bytes = 1, .blob = "0.2.1"});
    EXPECT_TRUE(
        rows.says("bucket b has 4 objects, 1 older versions, 27 bytes, 1 uploads, and its "
                  "usage says 3 objects"));
    rows.rows.erase("y");
    rows.rows.erase("y/b");
    EXPECT_TRUE(rows.faults().empty());
}

}  // namespace
}  // namespace onput::ctl
