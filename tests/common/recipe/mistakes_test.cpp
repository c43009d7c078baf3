// Every mistake of a configuration is refused with a message that says where it is.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/recipe/recipe.hpp"

namespace {

using namespace onput;
using namespace onput::recipe;

struct Mistake {
    std::string name;
    std::string given;
    std::string message;
};

std::string message_of(const std::string& json) {
    const auto parsed = parse_recipe(json);
    if (parsed) return "accepted";
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(parsed.error().reason, "bad_recipe");
    return parsed.error().message;
}

// The recipe's own fields after a good output.
std::string with_fields(const std::string& fields) {
    return R"({"output": {"bucket": "outbox"}, )" + fields + "}";
}

std::string with_derivatives(const std::string& derivatives) {
    return with_fields("\"derivatives\": [" + derivatives + "]");
}

// Steps of a derivative named web.
std::string with_steps(const std::string& steps) {
    return with_derivatives(R"({"name": "web", "steps": [)" + steps + "]}");
}

void expect_each(const std::vector<Mistake>& mistakes,
                 std::string (*document)(const std::string&)) {
    for (const Mistake& mistake : mistakes) {
        SCOPED_TRACE(mistake.name);
        EXPECT_EQ(message_of(document(mistake.given)), mistake.message);
    }
}

TEST(RecipeMistakes, of_the_whole_document_are_named) {
    expect_each(
        {
            {"empty", "", "not JSON: mistake at byte 1"},
            {"cut", R"({"output": )", "not JSON: mistake at byte 12"},
            {"array", "[]", "must be an object"},
            {"text", "\"x\"", "must be an object"},
            {"not UTF-8", "{\"output\": \"\xff\"}", "not JSON: mistake at byte 13"},
            {"deep", "[[[[[[[[[]]]]]]]]]", "nested deeper than 8 levels"},
            {"a number beyond all", R"({"limits": 1e999})", "not JSON: mistake at byte 16"},
            {"no output", R"({"derivatives": []})", "'output' is missing"},
            {"output is text", R"({"output": "outbox"})", "'output' must be an object"},
            {"output without bucket", R"({"output": {"prefix": "a/"}})",
             "'output': 'bucket' is missing"},
            {"bad bucket", R"({"output": {"bucket": "Out"}})",
             "'output': 'bucket' 'Out' is not a bucket's name"},
            {"short bucket", R"({"output": {"bucket": "ab"}})",
             "'output': 'bucket' 'ab' is not a bucket's name"},
            {"long prefix",
             R"({"output": {"bucket": "out", "prefix": ")" + std::string(513, 'p') + "\"}}",
             "'output': 'prefix' must be a text of 0 to 512 bytes"},
            {"unknown in output", R"({"output": {"bucket": "out", "key": "a"}})",
             "'output': there is no field 'key'; there are bucket, prefix"},
        },
        [](const std::string& given) { return given; });
}

TEST(RecipeMistakes, of_the_recipes_own_fields_are_named) {
    expect_each(
        {
            {"no derivatives", R"("sidecar": true)", "'derivatives' is missing"},
            {"unknown", R"("derivates": [])",
             "there is no field 'derivates'; there are output, invalid, quarantine, limits, "
             "sidecar, derivatives"},
            {"twice", R"("sidecar": true, "sidecar": false, "derivatives": [])",
             "'sidecar' is given twice"},
            {"policy", R"("invalid": "remove", "derivatives": [])",
             "'invalid' 'remove' is not one of keep, delete, quarantine"},
            {"policy is a number", R"("invalid": 1, "derivatives": [])",
             "'invalid' must be one of keep, delete, quarantine"},
            {"no quarantine", R"("invalid": "quarantine", "derivatives": [])",
             "'quarantine' is missing"},
            {"quarantine is text", R"("invalid": "quarantine", "quarantine": "q")",
             "'quarantine' must be an object"},
            {"quarantine in vain", R"("quarantine": {"bucket": "jail"}, "derivatives": [])",
             "'quarantine' goes with 'invalid' quarantine only"},
            {"sidecar", R"("sidecar": "yes", "derivatives": [])",
             "'sidecar' must be true or false"},
            {"limits", R"("limits": 5, "derivatives": [])", "'limits' must be an object"},
            {"no bytes", R"("limits": {"bytes": 0}, "derivatives": [])",
             "'limits': 'bytes' 0 is not from 1 to 1073741824"},
            {"too many pixels", R"("limits": {"pixels": 1000000001}, "derivatives": [])",
             "'limits': 'pixels' 1000000001 is not from 1 to 1000000000"},
            {"pages", R"("limits": {"pages": -1}, "derivatives": [])",
             "'limits': 'pages' -1 is not from 1 to 10000"},
            {"half a page", R"("limits": {"pages": 1.5}, "derivatives": [])",
             "'limits': 'pages' must be a whole number from 1 to 10000"},
            {"unknown limit", R"("limits": {"width": 1}, "derivatives": [])",
             "'limits': there is no field 'width'; there are bytes, pixels, pages"},
            {"derivatives is an object", R"("derivatives": {})", "'derivatives' must be an array"},
        },
        with_fields);
}

TEST(RecipeMistakes, of_a_derivative_are_named) {
    expect_each(
        {
            {"text", "\"web\"", "derivative 1: must be an object"},
            {"no name", R"({"steps": []})", "derivative 1: 'name' is missing"},
            {"the second has no name", R"({"name": "a", "steps": []}, {"steps": []})",
             "derivative 2: 'name' is missing"},
            {"capital", R"({"name": "Web", "steps": []})",
             "derivative 1: 'name' must be 1 to 32 of a-z, 0-9, '-' and '_'"},
            {"dot", R"({"name": "a.b", "steps": []})",
             "derivative 1: 'name' must be 1 to 32 of a-z, 0-9, '-' and '_'"},
            {"empty name", R"({"name": "", "steps": []})",
             "derivative 1: 'name' must be 1 to 32 of a-z, 0-9, '-' and '_'"},
            {"long name", R"({"name": ")" + std::string(33, 'a') + R"(", "steps": []})",
             "derivative 1: 'name' must be 1 to 32 of a-z, 0-9, '-' and '_'"},
            {"twice", R"({"name": "a", "steps": []}, {"name": "a", "steps": []})",
             "derivative 'a' is given twice"},
            {"no steps", R"({"name": "web"})", "derivative 'web': 'steps' is missing"},
            {"steps is an object", R"({"name": "web", "steps": {}})",
             "derivative 'web': 'steps' must be an array"},
            {"unknown", R"({"name": "web", "steps": [], "quality": 1})",
             "derivative 'web': there is no field 'quality'; there are name, steps"},
        },
        with_derivatives);
}

TEST(RecipeMistakes, of_steps_in_general_are_named) {
    expect_each(
        {
            {"text", "\"strip\"",
             "derivative 'web', step 1: must be an object that names one step, such as "
             "{\"grayscale\": true}"},
            {"two in one", R"({"grayscale": true, "strip": true})",
             "derivative 'web', step 1: must be an object that names one step, such as "
             "{\"grayscale\": true}"},
            {"none", "{}",
             "derivative 'web', step 1: must be an object that names one step, such as "
             "{\"grayscale\": true}"},
            {"unknown", R"({"strip": true}, {"blur": true})",
             "derivative 'web', step 2: there is no step 'blur'; there are resize, fit, fill, "
             "crop, "
             "rotate, autorotate, watermark, pixelate, grayscale, format, strip"},
            {"off", R"({"grayscale": false})",
             "derivative 'web', step 1 (grayscale): must be an object or true"},
            {"a number", R"({"fit": 5})",
             "derivative 'web', step 1 (fit): must be an object or true"},
            {"autorotate", R"({"autorotate": "no"})",
             "derivative 'web', step 1 (autorotate): must be an object, true or false"},
            {"format", R"({"format": 5})",
             "derivative 'web', step 1 (format): must be an object or a format's name"},
            {"format is not last", R"({"format": "png"}, {"strip": true})",
             "derivative 'web', step 1 (format): must be the last step"},
            {"two formats", R"({"format": "png"}, {"format": "gif"})",
             "derivative 'web', step 1 (format): must be the last step"},
            {"autorotate twice", R"({"autorotate": false}, {"autorotate": true})",
             "derivative 'web': autorotate is given twice"},
            {"strip twice", R"({"strip": true}, {"strip": {"exif": false}})",
             "derivative 'web': strip is given twice"},
        },
        with_steps);
}

TEST(RecipeMistakes, of_sizes_are_named) {
    expect_each(
        {
            {"resize to nothing", R"({"resize": {}})",
             "derivative 'web', step 1 (resize): 'width' or 'height' is missing"},
            {"resize true", R"({"resize": true})",
             "derivative 'web', step 1 (resize): 'width' or 'height' is missing"},
            {"width 0", R"({"resize": {"width": 0}})",
             "derivative 'web', step 1 (resize): 'width' 0 is not from 1 to 16384"},
            {"height above", R"({"resize": {"height": 16385}})",
             "derivative 'web', step 1 (resize): 'height' 16385 is not from 1 to 16384"},
            {"huge", R"({"resize": {"height": 18446744073709551615}})",
             "derivative 'web', step 1 (resize): 'height' 1.8446744073709552e+19 is not from 1 "
             "to 16384"},
            {"misspelt", R"({"resize": {"widht": 5}})",
             "derivative 'web', step 1 (resize): there is no field 'widht'; there are width, "
             "height, enlarge"},
            {"enlarge", R"({"resize": {"width": 5, "enlarge": 1}})",
             "derivative 'web', step 1 (resize): 'enlarge' must be true or false"},
            {"fit one side", R"({"fit": {"width": 5}})",
             "derivative 'web', step 1 (fit): 'height' is missing"},
            {"fit other side", R"({"fit": {"height": 5}})",
             "derivative 'web', step 1 (fit): 'width' is missing"},
            {"width text", R"({"fit": {"width": "5", "height": 5}})",
             "derivative 'web', step 1 (fit): 'width' must be a whole number from 1 to 16384"},
            {"width twice", R"({"fit": {"width": 5, "width": 6, "height": 5}})",
             "derivatives[0].steps[0].fit: 'width' is given twice"},
            {"fill one side", R"({"fill": {"width": 5}})",
             "derivative 'web', step 1 (fill): 'height' is missing"},
            {"fill a box", R"({"fill": {"width": 5, "height": 5, "focus": "box"}})",
             "derivative 'web', step 1 (fill): 'focus' 'box' is not one of centre, center, "
             "entropy, attention"},
            {"fill enlarges", R"({"fill": {"width": 5, "height": 5, "enlarge": true}})",
             "derivative 'web', step 1 (fill): there is no field 'enlarge'; there are width, "
             "height, focus"},
            {"crop one side", R"({"crop": {"height": 5}})",
             "derivative 'web', step 1 (crop): 'width' is missing"},
            {"crop focus", R"({"crop": {"width": 5, "height": 5, "focus": "face"}})",
             "derivative 'web', step 1 (crop): 'focus' 'face' is not one of centre, center, "
             "entropy, attention, box"},
            {"box without left", R"({"crop": {"focus": "box", "width": 5, "height": 5, "top": 0}})",
             "derivative 'web', step 1 (crop): 'left' is missing"},
            {"box without top", R"({"crop": {"focus": "box", "width": 5, "height": 5, "left": 0}})",
             "derivative 'web', step 1 (crop): 'top' is missing"},
            {"left without box", R"({"crop": {"width": 5, "height": 5, "left": 0}})",
             "derivative 'web', step 1 (crop): 'left' goes with focus box only"},
            {"top without box", R"({"crop": {"width": 5, "height": 5, "top": 0}})",
             "derivative 'web', step 1 (crop): 'top' goes with focus box only"},
            {"left above",
             R"({"crop": {"focus": "box", "width": 5, "height": 5, "left": 65536, "top": 0}})",
             "derivative 'web', step 1 (crop): 'left' 65536 is not from 0 to 65535"},
        },
        with_steps);
}

TEST(RecipeMistakes, of_turns_and_looks_are_named) {
    expect_each(
        {
            {"no degrees", R"({"rotate": {}})",
             "derivative 'web', step 1 (rotate): 'degrees' is missing"},
            {"too far", R"({"rotate": {"degrees": 360.5}})",
             "derivative 'web', step 1 (rotate): 'degrees' 360.5 is not from -360 to 360"},
            {"degrees text", R"({"rotate": {"degrees": "90"}})",
             "derivative 'web', step 1 (rotate): 'degrees' must be a number from -360 to 360"},
            {"background", R"({"rotate": {"degrees": 9, "background": "red"}})",
             "derivative 'web', step 1 (rotate): 'background' 'red' is not a colour: #rgb, #rrggbb "
             "or #rrggbbaa"},
            {"background number", R"({"rotate": {"degrees": 9, "background": 0}})",
             "derivative 'web', step 1 (rotate): 'background' must be a colour: #rgb, #rrggbb or "
             "#rrggbbaa"},
            {"autorotate", R"({"autorotate": {"enabled": "yes"}})",
             "derivative 'web', step 1 (autorotate): 'enabled' must be true or false"},
            {"blocks of 1", R"({"pixelate": {"size": 1}})",
             "derivative 'web', step 1 (pixelate): 'size' 1 is not from 2 to 256"},
            {"palette", R"({"pixelate": {"palette": 257}})",
             "derivative 'web', step 1 (pixelate): 'palette' 257 is not from 2 to 256"},
            {"grayscale", R"({"grayscale": {"amount": 1}})",
             "derivative 'web', step 1 (grayscale): there is no field 'amount'; there are none"},
        },
        with_steps);
}

TEST(RecipeMistakes, of_watermarks_are_named) {
    const std::string one_of =
        "derivative 'web', step 1 (watermark): exactly one of 'image' and 'text' must be given";
    expect_each(
        {
            {"nothing", R"({"watermark": {}})", one_of},
            {"both", R"({"watermark": {"text": "a", "image": "s3://bucket/key"}})", one_of},
            {"http", R"({"watermark": {"image": "http://bucket/key"}})",
             "derivative 'web', step 1 (watermark): 'image' 'http://bucket/key' is not "
             "s3://bucket/key"},
            {"no key", R"({"watermark": {"image": "s3://bucket/"}})",
             "derivative 'web', step 1 (watermark): 'image' 's3://bucket/' is not s3://bucket/key"},
            {"no slash", R"({"watermark": {"image": "s3://bucket"}})",
             "derivative 'web', step 1 (watermark): 'image' 's3://bucket' is not s3://bucket/key"},
            {"bad bucket", R"({"watermark": {"image": "s3://B_/key"}})",
             "derivative 'web', step 1 (watermark): 'image' 's3://B_/key' is not s3://bucket/key"},
            {"long key",
             R"({"watermark": {"image": "s3://abc/)" + std::string(1025, 'k') + R"("}})",
             "derivative 'web', step 1 (watermark): 'image' 's3://abc/" + std::string(39, 'k') +
                 "...' is not s3://bucket/key"},
            {"empty text", R"({"watermark": {"text": ""}})",
             "derivative 'web', step 1 (watermark): 'text' must be a text of 1 to 256 bytes"},
            {"long text", R"({"watermark": {"text": ")" + std::string(257, 't') + R"("}})",
             "derivative 'web', step 1 (watermark): 'text' must be a text of 1 to 256 bytes"},
            {"control character", R"({"watermark": {"text": "a\u0007"}})",
             "derivative 'web', step 1 (watermark): 'text' has a control character"},
            {"colour of an image", R"({"watermark": {"image": "s3://abc/k", "color": "#fff"}})",
             "derivative 'web', step 1 (watermark): 'color' goes with 'text' only"},
            {"transparent colour", R"({"watermark": {"text": "a", "color": "#ffffff00"}})",
             "derivative 'web', step 1 (watermark): 'color' '#ffffff00' is not a colour: #rgb or "
             "#rrggbb"},
            {"gravity", R"({"watermark": {"text": "a", "gravity": "north_east"}})",
             "derivative 'web', step 1 (watermark): 'gravity' 'north_east' is not one of center, "
             "centre, north, north-east, east, south-east, south, south-west, west, north-west"},
            {"invisible", R"({"watermark": {"text": "a", "opacity": 0}})",
             "derivative 'web', step 1 (watermark): 'opacity' 0 is not above 0, to 1"},
            {"more than opaque", R"({"watermark": {"text": "a", "opacity": 1.01}})",
             "derivative 'web', step 1 (watermark): 'opacity' 1.01 is not above 0, to 1"},
            {"scale", R"({"watermark": {"text": "a", "scale": "big"}})",
             "derivative 'web', step 1 (watermark): 'scale' must be a number above 0, to 1"},
            {"margin", R"({"watermark": {"text": "a", "margin": 16385}})",
             "derivative 'web', step 1 (watermark): 'margin' 16385 is not from 0 to 16384"},
            {"tile", R"({"watermark": {"text": "a", "tile": 1}})",
             "derivative 'web', step 1 (watermark): 'tile' must be true or false"},
        },
        with_steps);
}

TEST(RecipeMistakes, of_the_output_are_named) {
    expect_each(
        {
            {"quality", R"({"strip": true}, {"format": {"type": "webp", "quality": 101}})",
             "derivative 'web', step 2 (format): 'quality' 101 is not from 1 to 100"},
            {"no type", R"({"format": {"quality": 50}})",
             "derivative 'web', step 1 (format): 'type' is missing"},
            {"type", R"({"format": "bmp"})",
             "derivative 'web', step 1 (format): 'type' 'bmp' is not one of jpeg, jpg, png, webp, "
             "avif, gif"},
            {"quality of png", R"({"format": {"type": "png", "quality": 5}})",
             "derivative 'web', step 1 (format): 'quality' goes with jpeg, webp and avif only"},
            {"both", R"({"format": {"type": "webp", "quality": 5, "max_bytes": 9999}})",
             "derivative 'web', step 1 (format): 'quality' and 'max_bytes' exclude each other"},
            {"max_bytes", R"({"format": {"type": "webp", "max_bytes": 255}})",
             "derivative 'web', step 1 (format): 'max_bytes' 255 is not from 256 to 1073741824"},
            {"background", R"({"format": {"type": "webp", "background": "#fff"}})",
             "derivative 'web', step 1 (format): 'background' goes with jpeg only"},
            {"background colour", R"({"format": {"type": "jpeg", "background": "#ffff"}})",
             "derivative 'web', step 1 (format): 'background' '#ffff' is not a colour: #rgb or "
             "#rrggbb"},
            {"gps alone", R"({"strip": {"gps": false}})",
             "derivative 'web', step 1 (strip): 'gps' cannot stay where 'exif' goes"},
            {"strip", R"({"strip": {"icc": true}})",
             "derivative 'web', step 1 (strip): there is no field 'icc'; there are exif, profile, "
             "gps"},
            {"a long unknown field", R"({"strip": {")" + std::string(60, 'x') + R"(": true}})",
             "derivative 'web', step 1 (strip): there is no field '" + std::string(48, 'x') +
                 "...'; there are exif, profile, gps"},
            {"control character in a message", R"({"format": "a\nb"})",
             "derivative 'web', step 1 (format): 'type' 'a?b' is not one of jpeg, jpg, png, webp, "
             "avif, gif"},
        },
        with_steps);
}

TEST(RecipeMistakes, beyond_the_counted_limits_are_named) {
    std::string derivatives;
    std::string steps;
    std::string marks;
    for (int index = 0; index < 17; ++index) {
        const std::string comma = index == 0 ? "" : ",";
        derivatives += comma + R"({"name": "d)" + std::to_string(index) + R"(", "steps": []})";
        steps += comma + R"({"grayscale": true})";
        if (index < 9)
            marks += comma + R"({"watermark": {"image": "s3://marks/)" + std::to_string(index) +
                     R"("}})";
    }
    EXPECT_EQ(message_of(with_derivatives(derivatives)), "17 derivatives are above 16");
    EXPECT_EQ(message_of(with_steps(steps)), "derivative 'web': 17 steps are above 16");
    EXPECT_EQ(message_of(with_steps(marks)), "9 watermark images are above 8");
    EXPECT_EQ(message_of(std::string(recipe_bytes_max + 1, ' ')), "32769 bytes are above 32768");
}

}  // namespace
