package plot

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"testing"
)

// blues counts the pixels of a picture that are of the series' colour, in its left and its right half.
func blues(t *testing.T, c Chart) (left, right int) {
	t.Helper()
	content, err := c.PNG()
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	bounds := picture.Bounds()
	if bounds.Dx() < 700 || bounds.Dx() > 800 {
		t.Errorf("the picture is %v wide", bounds.Dx())
	}
	want := color.RGBAModel.Convert(blue)
	for x := bounds.Min.X; x < bounds.Max.X; x++ {
		for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
			if color.RGBAModel.Convert(picture.At(x, y)) != want {
				continue
			}
			if x < bounds.Dx()/2 {
				left++
			} else {
				right++
			}
		}
	}
	return left, right
}

func TestColumns(t *testing.T) {
	t.Parallel()
	left, right := blues(t, Chart{Labels: []string{"1 Jun", "8 Jun"}, Values: []float64{10, 40}})
	if left == 0 || right < 3*left {
		t.Errorf("columns of 10 and 40 have %d and %d pixels", left, right)
	}
	_, open := blues(t, Chart{Labels: []string{"1 Jun", "8 Jun"}, Values: []float64{10, 40}, Partial: []bool{false, true}})
	if open == 0 || open*4 > right {
		t.Errorf("a week that is not over is filled: %d pixels, %d where it is over", open, right)
	}
}

func TestLineWithoutValues(t *testing.T) {
	t.Parallel()
	left, right := blues(t, Chart{Labels: []string{"1", "2", "3", "4"}, Values: []float64{5, 6, math.NaN(), math.NaN()}, Line: true})
	if left == 0 || right != 0 {
		t.Errorf("values in the left half alone: %d pixels there, %d in the right", left, right)
	}
	if left, right := blues(t, Chart{Line: true}); left+right != 0 {
		t.Errorf("nothing is drawn with %d pixels", left+right)
	}
}

func TestLabelsAreForValues(t *testing.T) {
	t.Parallel()
	if _, err := (Chart{Labels: []string{"1"}, Values: []float64{1, 2}}).PNG(); err == nil {
		t.Error("one label for two values is no error")
	}
}
