// The runner with the real job in the real zygote: bytes of a picture in, pictures out.
#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"
#include "tests/services/image/runner_harness.hpp"

namespace onput::image {
namespace {

// A PNG of 40 x 30 pixels, all #c8280a.
std::string red_picture() {
    return from_hex(
               "89504e470d0a1a0a0000000d49484452000000280000001e0802000000d1bfcb8a0000002c494441"
               "5478daedcd310d00000803b0dd28c1bf0a6421038e26fd9be93a11b1582c168bc562b1582c16ff8d"
               "17d905941d0615dad80000000049454e44ae426082")
        .value();
}

class ImageProcessTest : public RunnerHarness {
protected:
    ImageProcessTest() : RunnerHarness(make_image_zygote()) {
        configuration = R"({"output": {"bucket": "outbox"}, "invalid": "quarantine",
            "quarantine": {"bucket": "jail"}, "derivatives": [
            {"name": "small", "steps": [{"fit": {"width": 20, "height": 20}}, {"format": "png"}]},
            {"name": "marked", "steps": [
                {"watermark": {"image": "s3://marks/red.png", "opacity": 1}},
                {"format": "jpeg"}]}]})";
        storage->add({"marks", "red.png"}, red_picture());
    }
};

TEST_F(ImageProcessTest, a_picture_becomes_pictures) {
    upload(red_picture());
    const auto ended = run();
    ASSERT_TRUE(ended) << ended.error().error.message;
    ASSERT_EQ(ended->outputs.size(), 3U);
    EXPECT_EQ(ended->outputs[0].width, 20U);
    EXPECT_EQ(ended->outputs[0].height, 15U);
    EXPECT_EQ(ended->outputs[1].width, 40U);
    EXPECT_TRUE(object("outbox", "cats/tom.small.png").bytes.starts_with("\x89PNG"));
    EXPECT_TRUE(object("outbox", "cats/tom.marked.jpg").bytes.starts_with("\xff\xd8"));
    const auto& metadata = object("outbox", "cats/tom.marked.jpg").info.metadata;
    EXPECT_EQ(metadata.at("onput-photo-format"), "png");
    EXPECT_EQ(metadata.at("onput-photo-dominant-color"), "#c8280a");
    const auto sidecar = nlohmann::json::parse(object("outbox", "cats/tom.json").bytes);
    EXPECT_EQ(sidecar["photo"]["width"], 40);
    EXPECT_EQ(sidecar["derivatives"][0]["width"], 20);
}

TEST_F(ImageProcessTest, a_cut_picture_goes_into_quarantine) {
    upload(red_picture().substr(0, 60));
    const Failed failed = run_failing();
    EXPECT_EQ(failed.reason, "damaged");
    EXPECT_EQ(failed.disposition, "quarantined to s3://jail/cats/tom.jpg");
    EXPECT_EQ(run_failing(), failed);
}

TEST_F(ImageProcessTest, a_broken_watermark_is_not_the_photos_fault) {
    storage->add({"marks", "red.png"}, "no picture");
    upload(red_picture());
    const Failed failed = run_failing();
    EXPECT_EQ(failed.reason, "bad_watermark");
    EXPECT_EQ(failed.disposition, "");
    EXPECT_TRUE(storage->has({"inbox", key}));
}

}  // namespace
}  // namespace onput::image
