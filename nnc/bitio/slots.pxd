# Fields of tables are slots: a machine goes to their places, past the ways of Python.

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF

cdef extern from "structmember.h":
    ctypedef struct PyMemberDef:
        Py_ssize_t offset

cdef extern from "Python.h":
    ctypedef struct PyMemberDescrObject:
        PyMemberDef *d_member

cdef inline Py_ssize_t place_of_slot(object descriptor):
    return (<PyMemberDescrObject *><PyObject *>descriptor).d_member.offset

cdef inline int put_into_slot(object obj, Py_ssize_t place, object value) except -1:
    if place == 0:
        raise AttributeError(place)
    cdef PyObject **slot = <PyObject **>(<char *><PyObject *>obj + place)
    cdef PyObject *before = slot[0]
    Py_INCREF(value)
    slot[0] = <PyObject *>value
    Py_XDECREF(before)
    return 0

cdef inline object value_in_slot(object obj, Py_ssize_t place):
    cdef PyObject **slot = <PyObject **>(<char *><PyObject *>obj + place)
    if place == 0 or slot[0] == NULL:
        raise AttributeError(place)
    return <object>slot[0]

cdef inline bint is_set(object obj, Py_ssize_t place):
    return (<PyObject **>(<char *><PyObject *>obj + place))[0] != NULL

cdef inline void empty_slot(object obj, Py_ssize_t place):
    cdef PyObject **slot = <PyObject **>(<char *><PyObject *>obj + place)
    cdef PyObject *before = slot[0]
    slot[0] = NULL
    Py_XDECREF(before)
