"""Embeddings as points: components against another decomposition, neighbours by hand, rotations that can be undone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore.inspection import embeddings
from lmcore.models import build_model
from tests.lmcore.examples import FAMILIES, small


def some_points(count: int, size: int, seed: int = 0) -> np.ndarray:
    numbers = np.random.default_rng(seed)
    return numbers.normal(size=(count, size)) * np.linspace(3, 1, size) + numbers.normal(size=size)


def a_rotation(size: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(3).normal(size=(size, size)))[0]


@pytest.mark.parametrize(("count", "size"), [(200, 12), (5, 12), (3, 1)])
def test_components_are_those_of_the_singular_value_decomposition(count, size):
    vectors = some_points(count, size)
    plane = embeddings.principal_components(vectors)
    left, values, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    assert plane.shares.sum() == pytest.approx(1, abs=1e-12) and len(plane.shares) == size
    assert_allclose(plane.shares[: len(values)], values**2 / (values**2).sum(), atol=1e-12)
    shown = min(2, size)
    assert_allclose(np.abs(plane.points[:, :shown]), np.abs(left * values)[:, :shown], atol=1e-9)
    assert_allclose(plane.points.mean(axis=0), 0, atol=1e-12)


def test_a_covariance_has_the_same_eigenvalues():
    vectors = some_points(50, 6)
    expected = np.linalg.eigvalsh(np.cov(vectors.T))[::-1]
    assert_allclose(embeddings.principal_components(vectors).shares, expected / expected.sum(), atol=1e-12)


def test_the_sign_of_a_component_does_not_depend_on_chance():
    vectors = some_points(40, 7)
    plane = embeddings.principal_components(vectors)
    again = embeddings.principal_components(vectors[::-1])
    assert_allclose(again.points[::-1], plane.points, atol=1e-9)
    direction = np.linalg.lstsq(vectors - vectors.mean(axis=0), plane.points, rcond=None)[0]  # (7, 2)
    assert (direction[np.abs(direction).argmax(axis=0), [0, 1]] > 0).all()


def test_one_point_and_equal_points_have_no_variance():
    for vectors in (np.ones((1, 4)), np.ones((3, 4)), np.zeros((2, 1))):
        plane = embeddings.principal_components(vectors)
        assert plane.points.shape == (len(vectors), 2) and not plane.points.any() and not plane.shares.any()
        assert plane.shown == 0


def test_neighbours_by_hand():
    vectors = np.array([[1.0, 0.0], [10.0, 1.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [-2.0, 0.0]])
    rows, cosines = embeddings.nearest(vectors, row=0, count=9)
    assert rows.tolist() == [1, 3, 2, 4, 5]  # the length of a vector does not count; 2 and 4 are both at 0
    assert_allclose(cosines, [10 / np.sqrt(101), np.sqrt(0.5), 0, 0, -1])
    assert embeddings.nearest_on(vectors, row=0, count=3).tolist() == [3, 4, 2]


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_rotated_copy_comes_back(mirrored):
    points = some_points(30, 2)
    turned = points @ a_rotation(2) * ([1, -1] if mirrored else [1, 1])
    assert_allclose(embeddings.rotated_onto(turned, points), points, atol=1e-9)


def test_a_rotation_keeps_all_distances():
    points, target = some_points(20, 3), some_points(20, 3, seed=9)
    found = embeddings.rotated_onto(points, target)
    assert_allclose(found @ found.T, points @ points.T, atol=1e-9)
    before = np.linalg.norm(points - target)
    assert np.linalg.norm(found - target) < before


def test_a_film_of_points_that_only_turn_stands_still():
    points = some_points(30, 5)
    planes = embeddings.film([points @ a_rotation(5), points * 1.0, points])
    for plane in planes:
        assert_allclose(plane.points, planes[-1].points, atol=1e-9)
    assert_allclose(planes[-1].points, embeddings.principal_components(points).points)
    assert embeddings.film([]) == []


def test_a_film_is_moved_by_nothing_but_its_points():
    first, last = some_points(30, 5), some_points(30, 5, seed=4)
    planes = embeddings.film([first, last])
    alone = embeddings.principal_components(first)
    assert_allclose(planes[0].points @ planes[0].points.T, alone.points @ alone.points.T, atol=1e-9)


def test_neighbours_of_a_class_are_counted_beside_chance():
    numbers = np.random.default_rng(2)
    classes = ["a", "b"] * 50
    apart = numbers.normal(size=(100, 8)) + np.where(np.arange(100) % 2, 9.0, -9.0)[:, None]
    assert embeddings.same_class(apart, classes) == (1.0, pytest.approx(49 / 99))
    share, chance = embeddings.same_class(numbers.normal(size=(100, 8)), classes)
    assert abs(share - chance) < 0.2


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_an_embedding_to_look_at(family):
    vectors = build_model(small(family), 9).embedding.weight.detach().numpy()
    plane = embeddings.principal_components(vectors)
    assert plane.points.shape == (9, 2) and plane.shares.sum() == pytest.approx(1)
