#include "services/image/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace onput::image {
namespace {

std::uint32_t side_of(double length) {
    if (!(length < side_max + 0.5)) return side_max + 1;
    return static_cast<std::uint32_t>(std::max(1.0, std::round(length)));
}

Size scaled_size(Size from, double scale) {
    return {.width = side_of(from.width * scale), .height = side_of(from.height * scale)};
}

double ratio(std::uint32_t to, std::uint32_t from) {
    return static_cast<double>(to) / from;
}

// 0 for the near edge, 1 for the middle, 2 for the far edge.
struct Place {
    std::uint32_t across = 1;
    std::uint32_t down = 1;
};

Place place_of(recipe::Gravity gravity) {
    using enum recipe::Gravity;
    switch (gravity) {
        case center: return {.across = 1, .down = 1};
        case north: return {.across = 1, .down = 0};
        case north_east: return {.across = 2, .down = 0};
        case east: return {.across = 2, .down = 1};
        case south_east: return {.across = 2, .down = 2};
        case south: return {.across = 1, .down = 2};
        case south_west: return {.across = 0, .down = 2};
        case west: return {.across = 0, .down = 1};
        case north_west: return {.across = 0, .down = 0};
    }
    return {};
}

std::uint32_t offset_of(std::uint32_t place, std::uint32_t margin, std::uint32_t room) {
    if (place == 1) return room / 2;
    const std::uint32_t inset = std::min(margin, room);
    return place == 0 ? inset : room - inset;
}

}  // namespace

Size resized_size(const recipe::ResizeStep& step, Size from) {
    const auto allowed = [&step](std::uint32_t to, std::uint32_t now) {
        return step.enlarge ? to : std::min(to, now);
    };
    if (step.width != 0 && step.height != 0) {
        return {.width = allowed(step.width, from.width),
                .height = allowed(step.height, from.height)};
    }
    if (step.height == 0) {
        const std::uint32_t width = allowed(step.width, from.width);
        return {.width = width, .height = side_of(from.height * ratio(width, from.width))};
    }
    const std::uint32_t height = allowed(step.height, from.height);
    return {.width = side_of(from.width * ratio(height, from.height)), .height = height};
}

Size fitted_size(const recipe::FitStep& step, Size from) {
    double scale = std::min(ratio(step.width, from.width), ratio(step.height, from.height));
    if (!step.enlarge) scale = std::min(scale, 1.0);
    return scaled_size(from, scale);
}

Size covering_size(const recipe::FillStep& step, Size from) {
    const double scale = std::max(ratio(step.width, from.width), ratio(step.height, from.height));
    const Size size = scaled_size(from, scale);
    // Rounding must not leave a line uncovered.
    return {.width = std::max(size.width, step.width),
            .height = std::max(size.height, step.height)};
}

Box centred_box(Size inner, Size picture) {
    const Size size{.width = std::min(inner.width, picture.width),
                    .height = std::min(inner.height, picture.height)};
    return {.left = (picture.width - size.width) / 2,
            .top = (picture.height - size.height) / 2,
            .width = size.width,
            .height = size.height};
}

Result<Box> crop_box(const recipe::CropStep& step, Size picture) {
    if (step.focus != recipe::CropFocus::box) {
        return centred_box({.width = step.width, .height = step.height}, picture);
    }
    if (step.left >= picture.width || step.top >= picture.height) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the box begins at {},{}, outside of the picture's {}x{}",
                                step.left, step.top, picture.width, picture.height),
                    "bad_recipe");
    }
    return Box{.left = step.left,
               .top = step.top,
               .width = std::min(step.width, picture.width - step.left),
               .height = std::min(step.height, picture.height - step.top)};
}

Box placed_box(recipe::Gravity gravity, std::uint32_t margin, Size mark, Size picture) {
    const Place place = place_of(gravity);
    return {.left = offset_of(place.across, margin, picture.width - mark.width),
            .top = offset_of(place.down, margin, picture.height - mark.height),
            .width = mark.width,
            .height = mark.height};
}

std::uint64_t count_pixels(Size size, std::uint32_t pages) {
    std::uint64_t pixels = std::uint64_t{size.width} * size.height;
    if (__builtin_mul_overflow(pixels, std::uint64_t{pages}, &pixels)) {
        return std::numeric_limits<std::uint64_t>::max();
    }
    return pixels;
}

bool is_quarter_turn(double degrees) {
    return std::fmod(degrees, 90.0) == 0.0;
}

std::uint32_t quarter_turns(double degrees) {
    const double turned = std::fmod(std::fmod(degrees, 360.0) + 360.0, 360.0);
    return static_cast<std::uint32_t>(std::lround(turned / 90.0)) % 4;
}

Size turned_size(Size size, std::uint32_t quarters) {
    if (quarters % 2 == 0) return size;
    return {.width = size.height, .height = size.width};
}

}  // namespace onput::image
