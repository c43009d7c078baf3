#include "services/image/sniff.hpp"

#include <gtest/gtest.h>

namespace onput::image {
namespace {

using namespace std::string_literals;

struct Known {
    std::string bytes;
    std::string_view format;
};

TEST(ImageSniff, each_format_is_known_by_its_first_bytes) {
    const std::vector<Known> table{
        {"\xff\xd8\xff\xe0JFIF"s, "jpeg"},
        {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s, "png"},
        {"GIF87a..."s, "gif"},
        {"GIF89a..."s, "gif"},
        {"RIFF\x10\0\0\0WEBPVP8 "s, "webp"},
        {"II*\0\x08\0\0\0"s, "tiff"},
        {"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"s, "bmp"},
        {"MM\0*\0\0\0\x08"s, "tiff"},
        {"\0\0\0\x1c"
         "ftypavif\0\0\0\0avifmif1miaf"s,
         "avif"},
        {"\0\0\0\x18"
         "ftypmif1\0\0\0\0mif1avif"s,
         "avif"},
        {"\0\0\0\x18"
         "ftypheic\0\0\0\0mif1heic"s,
         "heif"},
    };
    for (const Known& known : table) {
        const auto format = sniff(known.bytes);
        ASSERT_TRUE(format) << known.format << ": " << format.error().message;
        EXPECT_EQ(to_string(*format), known.format);
    }
}

struct Refused {
    std::string bytes;
    std::string_view reason;
    std::string_view says;
};

TEST(ImageSniff, what_is_not_read_is_refused_by_name) {
    const std::vector<Refused> table{
        {"", "not_an_image", "it is empty"},
        {"Hello world, this is a text", "not_an_image", "'Hello world,'"},
        {"\x01\x02\x03"s, "not_an_image", "the bytes 01 02 03"},
        {"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format", "SVG"},
        {"<?xml version='1.0'?>\n<!-- x --><svg/>", "unsupported_format", "SVG"},
        {"%PDF-1.7", "unsupported_format", "PDF"},
        {"BMW makes cars and motorcycles", "not_an_image", "'BMW makes ca'"},
        {"\0\0\0\x18"
         "ftypisom\0\0\0\0isommp42"s,
         "unsupported_format", "video"},
        {"\xff\xd8"s, "not_an_image", "ff d8"},
    };
    for (const Refused& bad : table) {
        const auto format = sniff(bad.bytes);
        ASSERT_FALSE(format) << bad.says;
        EXPECT_EQ(format.error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(format.error().reason, bad.reason);
        EXPECT_NE(format.error().message.find(bad.says), std::string::npos)
            << format.error().message;
    }
}

TEST(ImageSniff, a_cut_media_box_is_no_image) {
    const std::string whole =
        "\0\0\0\x1c"
        "ftypavif\0\0\0\0avifmif1miaf"s;
    for (std::size_t size = 0; size < 12; ++size) EXPECT_FALSE(sniff(whole.substr(0, size)));
}

}  // namespace
}  // namespace onput::image
